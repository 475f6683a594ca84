"""Reminders of due invoices."""
