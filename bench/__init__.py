"""The portal's passthrough against a naive one, side by side: `python -m bench`."""
