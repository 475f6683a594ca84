"""Use cases. Each takes the Actor first, and only services call the Altostrat client and the vault."""
