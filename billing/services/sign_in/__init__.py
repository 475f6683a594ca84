"""Sign-in, sessions and single sign-on."""
