"""Slots for concurrent calls: a limit per process, a share of it per token, and some slots reserved for writes."""

from __future__ import annotations

import math
import threading
from collections import Counter
from functools import partial
from typing import Final
from weakref import WeakSet

from billing.altostrat.errors import Overloaded, ShareTaken
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure

# The largest page makes six calls at once, and the same person may open another page.
SLOTS_PER_TOKEN: Final = 8
# A token gets another slot only while it has fewer than a third of the free ones. So the more tokens hang, the fewer
# slots each takes, and some stay free: of 56 for reads, 12 hanging tokens take 45, and 40 take 51.
_FREE_SLOTS_PER_SLOT: Final = 3
# One slot in eight is reserved for writes: four of 32.
_SLOTS_PER_RESERVED_SLOT: Final = 8


class KeyedSlots:
    """At most `limit` slots at a time for each key, and fewer the more of the `total` are taken."""

    def __init__(self, limit: int, total: float = math.inf) -> None:
        self._limit, self._free = limit, total
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def acquire(self, key: str, wait_seconds: float) -> bool:
        """Wait at most `wait_seconds` for a slot. If it returns True, the caller has to release the slot."""
        with self._changed:
            if not self._is_free(key) and not self._changed.wait_for(
                lambda: self._is_free(key), max(wait_seconds, 0)
            ):
                return False
            self._taken[key] += 1
            self._free -= 1
            return True

    def _is_free(self, key: str) -> bool:
        share = max(self._free / _FREE_SLOTS_PER_SLOT, 1)
        return self._free > 0 and self._taken[key] < min(self._limit, share)

    def release(self, key: str) -> None:
        with self._changed:
            self._taken[key] -= 1
            self._free += 1
            if not self._taken[key]:
                del self._taken[key]
            self._changed.notify_all()


class Slots:
    def __init__(self, slots: int) -> None:
        self._total = self._free = slots
        self._free_for_reads = slots - slots // _SLOTS_PER_RESERVED_SLOT
        self._shares: dict[str, int] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = 0
        _all_slots.add(self)

    def acquire(self, share: str, *, is_for_write: bool, wait_seconds: float) -> Slot | CallFailure:
        """Return a slot to use in a `with` block, or a failure if none was free after `wait_seconds`.

        A write may take any slot and does not count against a share, because each write is a click by a person.
        """
        with self._lock:
            if not self._is_free(share, is_for_write) and not self._wait(share, is_for_write, wait_seconds):
                if is_for_write or self._free_for_reads <= 0 or self._free <= 0:
                    return CallFailure(Overloaded, FailureReason.BUSY)
                return CallFailure(ShareTaken, FailureReason.SHARE_TAKEN)
            self._free -= 1
            if not is_for_write:
                self._free_for_reads -= 1
                self._shares[share] = self._shares.get(share, 0) + 1
        return Slot(self, share, is_for_write)

    def release(self, share: str, is_for_write: bool) -> None:
        with self._lock:
            self._free += 1
            if not is_for_write:
                self._free_for_reads += 1
                self._shares[share] -= 1
                if not self._shares[share]:
                    del self._shares[share]
            if self._waiting:
                self._changed.notify_all()

    def _is_free(self, share: str, is_for_write: bool) -> bool:
        if is_for_write:
            return self._free > 0
        free = min(self._free, self._free_for_reads)
        limit = min(SLOTS_PER_TOKEN, max(free // _FREE_SLOTS_PER_SLOT, 1))
        return free > 0 and (not share or self._shares.get(share, 0) < limit)

    def _wait(self, share: str, is_for_write: bool, seconds: float) -> bool:
        self._waiting += 1
        try:
            return self._changed.wait_for(partial(self._is_free, share, is_for_write), seconds)
        finally:
            self._waiting -= 1


_all_slots: Final[WeakSet[Slots]] = WeakSet()


def in_use() -> int:
    """Return how many slots of this process are in use."""
    return sum(slots._total - slots._free for slots in _all_slots)


class Slot:
    """A slot in use, until the end of its block."""

    __slots__ = ("_is_for_write", "_share", "_slots")

    def __init__(self, slots: Slots, share: str, is_for_write: bool) -> None:
        self._slots, self._share, self._is_for_write = slots, share, is_for_write

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._slots.release(self._share, self._is_for_write)
