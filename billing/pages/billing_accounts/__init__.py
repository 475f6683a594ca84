"""Pages of billing accounts."""
