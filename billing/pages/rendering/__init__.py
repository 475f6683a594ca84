"""Template tags, filters and labels. They are builtins: templates need no {% load %}."""
