"""Personal data of customers, for people who see it masked (MASKED_ROLES): one field is revealed with a reason."""
