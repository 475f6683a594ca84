"""The benchmark: `python -m bench`. Tests never measure time."""
