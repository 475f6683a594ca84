"""Connections to PostgreSQL that do not wait forever, and why the pool has none to give."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Self

from psycopg import Connection, errors
from psycopg.abc import PQGen

from billing.services.storage.outage import Outage

# Longer than the wait for a lock, so that the server can say that there is one.
LOCK_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 7.0
# The pool checks each connection before it gives it away.
_CHECK_SECONDS: Final = 1.0
_RECENT_SECONDS: Final = 60

_limits = threading.local()


class StatementTimeout(errors.OperationalError):
    """The server has not answered in time."""

    outage = Outage.STALLED


class BoundedConnection(Connection[Any]):
    """A connection that is closed when the server takes too long to answer.

    The server's own statement_timeout does not help when the server is stopped, or the network loses its answers.
    """

    # Only where somebody waits: a migration may take its time.
    is_limited: ClassVar[bool] = False
    _trouble: ClassVar[tuple[float, Outage] | None] = None

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> Self:
        try:
            connection = super().connect(*args, **options)
        except errors.Error as error:
            cls._note(_trouble_of(error))
            raise
        cls._trouble = None
        if cls.is_limited:
            connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            connection.commit()
        return connection

    def execute(self, *args: Any, **options: Any) -> Any:
        """Execute a query. Django uses cursors; the pool checks a connection with this method."""
        with at_most(_CHECK_SECONDS):
            return super().execute(*args, **options)

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        seconds = _seconds_left() if self.is_limited else None
        if timeout is not None or seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, seconds)
        except errors._WaitTimeout:  # the only way that psycopg offers to notice it
            self._note(Outage.STALLED)
            self.pgconn.finish()
            raise StatementTimeout("no answer in time") from None

    @classmethod
    def why_none(cls) -> Outage:
        """Return why the pool gave no connection: what happened to the last one, or that all are in use."""
        if cls._trouble is not None and cls._trouble[0] > time.monotonic() - _RECENT_SECONDS:
            return cls._trouble[1]
        return Outage.EXHAUSTED

    @classmethod
    def _note(cls, outage: Outage) -> None:
        BoundedConnection._trouble = time.monotonic(), outage


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Limit all statements of this thread together. A shorter limit around this one applies, too."""
    before: float | None = getattr(_limits, "ends_at", None)
    ends_at = time.monotonic() + seconds
    _limits.ends_at = ends_at if before is None else min(before, ends_at)
    try:
        yield
    finally:
        _limits.ends_at = before


def _seconds_left() -> float:
    ends_at: float | None = getattr(_limits, "ends_at", None)
    return STATEMENT_SECONDS if ends_at is None else max(0.0, ends_at - time.monotonic())


def _trouble_of(error: errors.Error) -> Outage:
    if isinstance(error, errors.ConnectionTimeout):
        return Outage.STALLED
    return Outage.EXHAUSTED if error.sqlstate == errors.TooManyConnections.sqlstate else Outage.DOWN
