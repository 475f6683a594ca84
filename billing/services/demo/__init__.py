"""Data for `make run`."""
