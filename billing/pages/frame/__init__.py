"""What every page shares: access, middleware, errors, context."""
