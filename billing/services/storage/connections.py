"""The current thread's database connection."""

from __future__ import annotations

from django.db import connection, connections


def release_connection() -> None:
    """Return a pooled connection before a call to Altostrat or the identity provider.

    Otherwise slow calls could hold every connection of the pool and block pages that make no calls.
    """
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def close() -> None:
    """Close the connections of a thread that Django does not manage."""
    connections.close_all()
