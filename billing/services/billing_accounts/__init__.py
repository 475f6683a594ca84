"""Billing accounts: reads, status, notes and seats."""
