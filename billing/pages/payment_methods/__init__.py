"""Pages of payment methods."""
