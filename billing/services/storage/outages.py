"""Why the database cannot be used, as far as its driver says."""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from typing import Any, Final

from django.db import Error
from psycopg import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests

from billing import metrics
from billing.services.storage.outage import Outage
from billing.services.storage.postgresql import BoundedConnection

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 5
_FULL_SECONDS: Final = 10

# The lowest byte of an extended code is the primary code: https://sqlite.org/rescode.html
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: Outage.LOCKED,
    sqlite3.SQLITE_LOCKED: Outage.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Outage.LOCKED,
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Outage.DOWN,
    sqlite3.SQLITE_PERM: Outage.DOWN,
    sqlite3.SQLITE_IOERR: Outage.DOWN,
    sqlite3.SQLITE_CORRUPT: Outage.DOWN,
    sqlite3.SQLITE_NOTADB: Outage.DOWN,
    sqlite3.SQLITE_NOMEM: Outage.DOWN,
}

# By code or class of codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: Final = {
    "53100": Outage.FULL,
    "53300": Outage.EXHAUSTED,
    "53": Outage.DOWN,
    "55P03": Outage.LOCKED,
    "40": Outage.LOCKED,  # a deadlock, or a conflict with another transaction
    "25006": Outage.READ_ONLY,
    "57014": Outage.STALLED,  # the statement took too long
    "57": Outage.DOWN,
    "08": Outage.DOWN,
    "28": Outage.DOWN,
    "3D": Outage.DOWN,
    "58": Outage.DOWN,
    "XX": Outage.DOWN,
}


def outage_of(error: BaseException) -> Outage | None:
    """Return why the database could not be used, or None for another error, such as a wrong statement."""
    cause: Any = error.__cause__ if isinstance(error, Error) else None
    if cause is None:
        return None
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(known := getattr(cause, "outage", None), Outage):
        return known
    return _of_postgresql(cause)


class _LastFull:
    at = -math.inf


def log(error: BaseException) -> None:
    """Log which outage it is, with the driver's code, which holds neither the statement nor its values."""
    cause, outage = error.__cause__, outage_of(error)
    if outage is Outage.FULL:
        _LastFull.at = time.monotonic()
    code = (
        getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(cause).__name__
    )
    metrics.DATABASE_OUTAGES.labels(outage).inc()
    logger.error("the database is %s (%s)", outage, code)


def was_full() -> bool:
    """Return whether a request of this process just found the database full. A small write may still succeed."""
    return time.monotonic() < _LastFull.at + _FULL_SECONDS


def _of_postgresql(cause: Any) -> Outage | None:
    if isinstance(cause, (PoolTimeout, TooManyRequests)):
        return BoundedConnection.why_none()
    if code := getattr(cause, "sqlstate", None):
        return _POSTGRESQL.get(code) or _POSTGRESQL.get(code[:2])
    # Without a code, libpq or psycopg noticed that the server does not answer.
    return Outage.DOWN if isinstance(cause, (OperationalError, InterfaceError)) else None
