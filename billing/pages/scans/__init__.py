"""Pages of queues and search, which read every account."""
