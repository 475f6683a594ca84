"""Commands for operators: `manage.py help` lists them."""
