"""HTTP to Altostrat: connections, deadlines, retries and the checks on every response."""
