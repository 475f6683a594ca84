"""The current thread's database connection."""

from __future__ import annotations

import threading
import time
from asyncio import _get_running_loop
from typing import Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_thread: Final = threading.local()


def current() -> BaseDatabaseWrapper:
    """Return the connection of this thread. Django finds it with three calls.

    Code under an event loop has another connection, which only Django knows.
    """
    if _get_running_loop() is not None:
        return connections["default"]
    found: BaseDatabaseWrapper | None = getattr(_thread, "connection", None)
    if found is None:
        found = _thread.connection = connections["default"]
    return found


def release_connection() -> None:
    """Return a pooled connection before a call to Altostrat or the identity provider.

    Otherwise slow calls could hold every connection of the pool and block pages that make no calls.
    """
    connection = current()
    if connection.connection is not None and not connection.in_atomic_block and _is_pooled(connection):
        connection.close()


def end_request() -> None:
    """Do what Django does at the end of a request: close the connection if it is pooled, broken or old."""
    connection = current()
    if connection.connection is not None and not _is_kept(connection):
        connection.close_if_unusable_or_obsolete()


def _is_kept(connection: BaseDatabaseWrapper) -> bool:
    """Return whether Django would keep an open connection, which it decides with several calls."""
    return (
        connection.close_at is not None
        and time.monotonic() < connection.close_at
        and not connection.errors_occurred
        and connection.autocommit == connection.settings_dict["AUTOCOMMIT"]
    )


def _is_pooled(connection: BaseDatabaseWrapper) -> bool:
    return bool(connection.settings_dict["OPTIONS"].get("pool"))


def close() -> None:
    """Close the connections of a thread that Django does not manage."""
    connections.close_all()
