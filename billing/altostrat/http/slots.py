"""Slots for concurrent calls: a limit per process, a share of it per token, and some slots reserved for writes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from billing.altostrat.errors import Overloaded, ShareTaken
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure

# The largest page makes six calls at once, and the same person may open another page. If the workspaces of three people
# hang, a quarter of the 32 slots is still free for everyone else.
SLOTS_PER_TOKEN: Final = 8
# One slot in eight is reserved for writes: four of 32.
_SLOTS_PER_RESERVED_SLOT: Final = 8


class KeyedSlots:
    """At most `limit` slots at a time for each key, independent of the other keys."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def acquire(self, key: str, wait_seconds: float) -> bool:
        """Wait at most `wait_seconds` for a slot. If it returns True, the caller has to release the slot."""
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
    def __init__(self, slots: int) -> None:
        self._all = threading.BoundedSemaphore(slots)
        self._reads = threading.BoundedSemaphore(slots - slots // _SLOTS_PER_RESERVED_SLOT)
        self._shares = KeyedSlots(SLOTS_PER_TOKEN)

    def acquire(self, share: str, *, is_for_write: bool, wait_seconds: float) -> Slot | CallFailure:
        """Return a slot to use in a `with` block, or a failure if none was free after `wait_seconds`.

        A write may take any slot and does not count against a share, because each write is a click by a person.
        """
        ends_at = time.monotonic() + wait_seconds
        slot = Slot()
        if not is_for_write and share:
            if not self._shares.acquire(share, wait_seconds):
                return CallFailure(ShareTaken, FailureReason.SHARE_TAKEN)
            slot.releases.append(partial(self._shares.release, share))
        for slots in (self._all,) if is_for_write else (self._reads, self._all):
            if not slots.acquire(timeout=max(ends_at - time.monotonic(), 0)):
                slot.release()
                return CallFailure(Overloaded, FailureReason.BUSY)
            slot.releases.append(slots.release)
        return slot


class Slot:
    """A slot in use, until the end of its block."""

    __slots__ = ("releases",)

    def __init__(self) -> None:
        self.releases: list[Callable[[], None]] = []

    def release(self) -> None:
        while self.releases:
            self.releases.pop()()

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.release()
