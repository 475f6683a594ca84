"""The database connection of this thread."""

from __future__ import annotations

from django.db import connection, connections


def let_go() -> None:
    """Gives a pooled connection back before a wait for somebody else: Altostrat, or the identity provider.

    Otherwise their slowness would hold every connection of the pool, and stop pages that never ask them anything.
    """
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def close() -> None:
    """For a thread of our own that ends, and that no request cleans up after."""
    connections.close_all()
