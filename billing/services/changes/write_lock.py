"""A lock that allows one write to an object at a time, for all people and all replicas.

Without it, two changes of one object could both be based on the state before either of them, and the second would
silently revert the first. A lock is a row that is committed before the object is read. If its process is killed, the
row expires.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from django.conf import settings
from django.db import Error

from billing.services.changes.errors import NotReady
from billing.services.changes.queries import MARGIN
from billing.services.storage import connections, idempotency

# Most writes end sooner. The second change is then compared with the result of the first one.
_WAIT_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 0.1
# A lock that is older is renewed before a call: the read took long, or the process was frozen.
_SHORTENED_SECONDS: Final = 5.0
# The name under which locks are stored. Replicas of an earlier version use it as well.
_KEY: Final = "turn"


@dataclass(slots=True)
class WriteLock:
    """The right to write to `path`, until it is released or expires."""

    path: str
    expires_at: float
    is_released: bool = False

    def renew(self) -> bool:
        """Extend the lock for one more call if it has become short. Return False if another request may hold it."""
        until = _expiry()
        if until - self.expires_at < _SHORTENED_SECONDS:
            return idempotency.holds(_KEY, self.path, expires_at=self.expires_at)
        if not idempotency.extend(_KEY, self.path, expires_at=self.expires_at, until=until):
            return False
        self.expires_at = until
        return True

    def release(self) -> None:
        """Release the lock. Raise the error of the database: this may be part of a transaction."""
        idempotency.release(_KEY, self.path, expires_at=self.expires_at)

    def __enter__(self) -> WriteLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_released:
            return
        with suppress(Error):  # it expires, and what was sent must not look like a failure
            self.release()


def acquire(path: str, *, is_obsolete: Callable[[], bool]) -> WriteLock | None:
    """Return the lock, after a short wait if another request holds it, or None if `is_obsolete()` during the wait.

    Raise NotReady if the wait takes too long.
    """
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        expires_at = _expiry()
        if idempotency.claim(_KEY, path, expires_at=expires_at):
            return WriteLock(path, expires_at)
        if is_obsolete():
            return None
        if time.monotonic() >= end:
            raise NotReady("Another change of the same object is being sent. Wait a moment, then try again.")
        connections.release_connection()
        time.sleep(_PAUSE_SECONDS)


def _expiry() -> float:
    return time.time() + settings.ALTOSTRAT_DEADLINE + MARGIN.total_seconds()
