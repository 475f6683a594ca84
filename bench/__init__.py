"""How fast the portal is: `python -m bench` measures, a test never does."""
