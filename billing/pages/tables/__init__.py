"""Tables on pages and in downloads."""
