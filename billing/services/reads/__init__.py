"""Reads of Altostrat's data."""
