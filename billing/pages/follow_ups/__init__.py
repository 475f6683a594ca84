"""Promises to pay, snoozes and assignees of billing accounts."""
