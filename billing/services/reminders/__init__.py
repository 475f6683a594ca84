"""Reminders of open invoices."""
