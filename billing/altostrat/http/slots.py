"""Slots for concurrent calls: a limit per process, a share of it per token, and some slots reserved for writes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

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
        self._free = slots
        self._free_for_reads = slots - slots // _SLOTS_PER_RESERVED_SLOT
        self._shares: Counter[str] = Counter()
        self._changed = threading.Condition()

    def acquire(self, share: str, *, is_for_write: bool, wait_seconds: float) -> Slot | CallFailure:
        """Return a slot to use in a `with` block, or a failure if none was free after `wait_seconds`.

        A write may take any slot and does not count against a share, because each write is a click by a person.
        """
        is_free = self._is_free_for_write if is_for_write else partial(self._is_free_for_read, share)
        with self._changed:
            if not self._changed.wait_for(is_free, wait_seconds):
                if is_for_write or self._free_for_reads <= 0 or self._free <= 0:
                    return CallFailure(Overloaded, FailureReason.BUSY)
                return CallFailure(ShareTaken, FailureReason.SHARE_TAKEN)
            self._take(1, share, is_for_write=is_for_write)
        return Slot(partial(self._release, share, is_for_write=is_for_write))

    def _is_free_for_write(self) -> bool:
        return self._free > 0

    def _is_free_for_read(self, share: str) -> bool:
        free = min(self._free, self._free_for_reads)
        limit = min(SLOTS_PER_TOKEN, max(free // _FREE_SLOTS_PER_SLOT, 1))
        return free > 0 and (not share or self._shares[share] < limit)

    def _release(self, share: str, *, is_for_write: bool) -> None:
        with self._changed:
            self._take(-1, share, is_for_write=is_for_write)
            self._changed.notify_all()

    def _take(self, number: int, share: str, *, is_for_write: bool) -> None:
        self._free -= number
        if not is_for_write:
            self._free_for_reads -= number
            self._shares[share] += number
            if not self._shares[share]:
                del self._shares[share]


class Slot:
    """A slot in use, until the end of its block."""

    __slots__ = ("_release",)

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._release()
