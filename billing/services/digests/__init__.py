"""Digests by email: what is new in each work queue, read with the recipient's own token."""
