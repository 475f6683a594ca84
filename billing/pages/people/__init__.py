"""People, the account of the person who is signed in, their portal keys and Altostrat tokens."""
