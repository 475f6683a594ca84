"""The verbs. Each takes the Actor first; nobody else calls the client or the vault."""
