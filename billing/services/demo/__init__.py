"""People and data for `make run`."""
