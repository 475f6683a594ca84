"""Tables, as pages and as files."""
