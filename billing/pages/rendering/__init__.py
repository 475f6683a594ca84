"""Template tags, filters and labels; they are builtins, so templates need no {% load %}."""
