"""The check that the database can be written: reading alone succeeds when it is full, locked or read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

from billing.services.storage.postgresql import LOCK_SECONDS, at_most

# A load balancer asks often and waits briefly, so both together take less than two seconds.
_LOCK_MILLISECONDS: Final = 1000
_SECONDS: Final = 1.5

# Takes the locks of an audit entry, without which the portal can do nothing, and writes one page.
_STATEMENTS: Final = (
    "INSERT INTO billing_auditentry SELECT * FROM billing_auditentry WHERE 1 = 0",
    "UPDATE billing_audithead SET entry_id = entry_id",
)


def verify() -> None:
    """Raise the database's error if it cannot be written now."""
    with at_most(_SECONDS), _impatient(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
        for statement in _STATEMENTS:
            cursor.execute(statement)


@contextmanager
def _impatient() -> Iterator[None]:
    """Shorten the time that SQLite waits for its lock, which it takes when the transaction begins."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {_LOCK_MILLISECONDS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
