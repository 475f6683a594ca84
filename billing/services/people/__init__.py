"""People, their roles and their portal keys."""
