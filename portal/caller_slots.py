"""Slots for threads that wait for a caller's network: for the rest of a request, or to send a file.

The server sets no time limit for either. Half of the threads are left for everyone else, and no address gets more than
an eighth of them.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from django.conf import settings

from billing.altostrat.http.slots import KeyedSlots

RETRY_AFTER_SECONDS: Final = 5


class CallerSlots:
    """The slots of one process. They depend on its number of threads."""

    def __init__(self, threads: int) -> None:
        self._all = threading.BoundedSemaphore(max(threads // 2, 1))
        self._shares = KeyedSlots(max(threads // 8, 1))

    def acquire(self, address: str) -> bool:
        """Take a slot if one is free. If this returns True, the caller has to release it."""
        if not self._shares.acquire(address, 0):
            return False
        if self._all.acquire(blocking=False):
            return True
        self._shares.release(address)
        return False

    def release(self, address: str) -> None:
        self._all.release()
        self._shares.release(address)


@cache
def caller_slots() -> CallerSlots:
    """Return the slots of this process."""
    return CallerSlots(settings.WEB_THREADS)
