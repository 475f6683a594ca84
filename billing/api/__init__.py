"""The door for programs: Altostrat's own paths under /api/v1, for the holder of a portal key."""
