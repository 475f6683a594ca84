"""Pages of people, profiles, portal keys and tokens."""
