"""Pages of people, their profile, keys and tokens."""
