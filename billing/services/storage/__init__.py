"""Database connections, idempotency keys and the vault's key ring."""
