"""Invoices: single pages, complete lists, and totals."""
