"""Real servers for the tests: PostgreSQL, Redis, the sandbox, the portal itself, and Chromium."""
