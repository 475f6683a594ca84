"""Door 2: Altostrat's own paths under /api/v1, for programs with a portal key."""
