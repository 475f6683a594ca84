"""Masked personal data."""
