"""The REST API: Altostrat's billing paths under /api/v1, for holders of a portal key."""
