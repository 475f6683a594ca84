"""Places for calls under way: so many in a process, a share of them for each token, and some kept for writes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from billing.altostrat.errors import Overloaded, ShareTaken
from billing.altostrat.http.breakdowns import Breakdown
from billing.altostrat.reasons import Reason

# The fullest page asks six things at once, and somebody may open another one meanwhile. Of 32 places, it is a quarter:
# three people whose workspaces hang leave places for whoever comes fourth.
CALLS_OF_ONE: Final = 8
# Of all places, one in so many is for writes alone: four of 32.
_FOR_WRITES: Final = 8


class Shares:
    """At most `limit` at a time for each key; the keys take nothing from one another."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    def take(self, key: str, wait_seconds: float) -> bool:
        """Waits so long at most; whether there was one. To be given back."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken[key] < self._limit, max(wait_seconds, 0)):
                return False
            self._taken[key] += 1
            return True

    def give_back(self, key: str) -> None:
        """Lets the next one in."""
        with self._changed:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
            self._changed.notify_all()


class Places:
    """The places of one process."""

    def __init__(self, places: int) -> None:
        self._all = threading.BoundedSemaphore(places)
        self._of_reads = threading.BoundedSemaphore(places - places // _FOR_WRITES)
        self._shares = Shares(CALLS_OF_ONE)

    @contextmanager
    def taken(self, share: str, *, is_for_write: bool, wait_seconds: float) -> Iterator[Breakdown | None]:
        """Holds a place while inside, and gives None; else, after `wait_seconds`, why there is none.

        A write takes any place, and counts on no share: each is one click of a person.
        """
        ends_at = time.monotonic() + wait_seconds
        with ExitStack() as held:
            if not is_for_write and share:
                if not self._shares.take(share, wait_seconds):
                    yield Breakdown(ShareTaken, Reason.SHARE_TAKEN)
                    return
                held.callback(self._shares.give_back, share)
            for places in (self._all,) if is_for_write else (self._of_reads, self._all):
                if not places.acquire(timeout=max(ends_at - time.monotonic(), 0)):
                    yield Breakdown(Overloaded, Reason.BUSY)
                    return
                held.callback(places.release)
            yield None
