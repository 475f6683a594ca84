"""Reports over all accounts."""
