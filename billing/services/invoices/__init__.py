"""Invoices: pages of them, all of them, and sums."""
