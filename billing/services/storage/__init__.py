"""Database connections, idempotency and the key ring."""
