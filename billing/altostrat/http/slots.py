"""Slots for concurrent calls: a limit per process, a share of it per token, and some slots reserved for writes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from billing.altostrat.errors import Overloaded, ShareTaken
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure

# The largest page makes six calls at once, and the same person may open another page. Of 32 slots, three people whose
# workspaces hang leave a quarter to everybody else.
SLOTS_PER_TOKEN: Final = 8
# One slot in so many is reserved for writes: four of 32.
_RESERVED_FOR_WRITES: Final = 8


class KeyedSlots:
    """At most `limit` slots at a time for each key, independent of the other keys."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def acquire(self, key: str, wait_seconds: float) -> bool:
        """Waits at most so long for a slot. If it returns True, the caller has to release the slot."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken[key] < self._limit, max(wait_seconds, 0)):
                return False
            self._taken[key] += 1
            return True

    def release(self, key: str) -> None:
        with self._changed:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
            self._changed.notify_all()


class Slots:
    """The slots of one transport."""

    def __init__(self, slots: int) -> None:
        self._all = threading.BoundedSemaphore(slots)
        self._reads = threading.BoundedSemaphore(slots - slots // _RESERVED_FOR_WRITES)
        self._shares = KeyedSlots(SLOTS_PER_TOKEN)

    @contextmanager
    def hold(self, share: str, *, is_for_write: bool, wait_seconds: float) -> Iterator[CallFailure | None]:
        """Holds a slot inside its block and yields None. If no slot is free after `wait_seconds`, yields why.

        A write may take any slot and does not count against a share, because each write is a click by a person.
        """
        ends_at = time.monotonic() + wait_seconds
        with ExitStack() as held:
            if not is_for_write and share:
                if not self._shares.acquire(share, wait_seconds):
                    yield CallFailure(ShareTaken, FailureReason.SHARE_TAKEN)
                    return
                held.callback(self._shares.release, share)
            for slots in (self._all,) if is_for_write else (self._reads, self._all):
                if not slots.acquire(timeout=max(ends_at - time.monotonic(), 0)):
                    yield CallFailure(Overloaded, FailureReason.BUSY)
                    return
                held.callback(slots.release)
            yield None
