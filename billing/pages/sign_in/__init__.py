"""Sign-in, sign-out, sessions, and the confirmation before a change."""
