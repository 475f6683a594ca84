"""Real servers for the tests: PostgreSQL, Redis, the sandbox, the portal and Chromium."""
