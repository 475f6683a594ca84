"""Measures how fast the portal is: `python -m bench`. Tests never measure time."""
