"""Pages of search and work queues, which scan every account."""
