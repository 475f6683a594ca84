"""One write to an object at a time, whoever sends it and on all replicas together.

Without it, two changes of one object would both be compared with what was there before either of them, and the second
would undo the first without a word. A turn is a row, committed before the object is read: a process that is killed
leaves it behind, and it is over by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from django.conf import settings

from billing.services.changes.errors import NotReady
from billing.services.changes.queries import MARGIN
from billing.services.storage import connections, idempotency

# Most writes are over sooner: whoever comes second then sees what the first has made of it.
_PATIENCE: Final = 3.0
_PAUSE: Final = 0.1


@dataclass(slots=True)
class Turn:
    """The right to write to `place`, until it is left or over."""

    place: str
    expires_at: float

    def renew(self) -> bool:
        """Makes it last for one more call. False when it was over, and may be somebody else's by now."""
        until = _expiry()
        if not idempotency.extend("turn", self.place, expires_at=self.expires_at, until=until):
            return False
        self.expires_at = until
        return True

    def __enter__(self) -> Turn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        idempotency.release("turn", self.place, expires_at=self.expires_at)


def take(place: str, *, is_pointless: Callable[[], bool]) -> Turn | None:
    """The turn, after a short wait where somebody else has it; None once that is of no use any more.

    Raises NotReady when it takes too long.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        expires_at = _expiry()
        if idempotency.claim("turn", place, expires_at=expires_at):
            return Turn(place, expires_at)
        if is_pointless():
            return None
        if time.monotonic() >= end:
            raise NotReady("Another change of this is being sent just now. Wait a moment, then send yours.")
        connections.release_connection()
        time.sleep(_PAUSE)


def _expiry() -> float:
    return time.time() + settings.ALTOSTRAT_DEADLINE + MARGIN.total_seconds()
