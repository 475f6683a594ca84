"""Promises to pay, snoozes and assignees of billing accounts: the portal's own data, which Altostrat does not have."""
