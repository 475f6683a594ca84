"""The page of what an account could save."""
