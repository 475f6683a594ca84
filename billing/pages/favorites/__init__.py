"""Pages of favorite and recently opened accounts."""
