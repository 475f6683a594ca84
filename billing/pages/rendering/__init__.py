"""Template tags, filters and labels."""
