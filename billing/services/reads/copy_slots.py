"""The slot for pages that show copies: one at a time in a process, so that they leave its core to the others.

A page that waits for Altostrat takes none of its time. When Altostrat hangs for many people who reload their pages, the
pages show copies instead, and would take all of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Final

_WAIT_SECONDS: Final = 1.0
_RECENT_SECONDS: Final = 1.0
# Shorter than the wait, so that no page is refused that is the only one to wait.
_MAX_PAUSE_SECONDS: Final = 0.5


class CopySlot:
    """One slot. While Altostrat answers others, it pauses after each page for as long as the page had it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._changed = clock, threading.Condition()
        self._is_taken, self._taken_at, self._free_from = False, 0.0, 0.0
        self._answered_at = -_RECENT_SECONDS

    def acquire(self, wait_seconds: float) -> bool:
        """Wait at most `wait_seconds` for the slot. If it returns True, the caller has to release it."""
        ends_at = self._clock() + wait_seconds
        with self._changed:
            while self._is_taken or self._free_from > self._clock():
                left = ends_at - self._clock()
                if left <= 0:
                    self._changed.notify()
                    return False
                pause = left if self._is_taken else self._free_from - self._clock()
                self._changed.wait(max(min(left, pause), 0))
            self._is_taken, self._taken_at = True, self._clock()
            return True

    def release(self) -> None:
        with self._changed:
            self._is_taken, now = False, self._clock()
            if now - self._answered_at < _RECENT_SECONDS:
                self._free_from = now + min(now - self._taken_at, _MAX_PAUSE_SECONDS)
            self._changed.notify()

    def answered(self) -> None:
        """Note that Altostrat has answered a read just now."""
        self._answered_at = self._clock()


@dataclass(slots=True)
class _Request:
    has_slot: bool = False
    _reset: Token[_Request | None] | None = None

    def __enter__(self) -> None:
        self._reset = _request.set(self)

    def __exit__(self, *_: object) -> None:
        release()
        assert self._reset is not None
        _request.reset(self._reset)


slot: Final = CopySlot()
_request: ContextVar[_Request | None] = ContextVar("copy_slots_request", default=None)


def request_scope() -> _Request:
    """Release the slot of the request at the end of the block. Outside of it, `acquire` limits nothing."""
    return _Request()


def acquire() -> bool:
    """Take the slot for this request; False if it is not free within a second."""
    request = _request.get()
    if request is not None and not request.has_slot:
        request.has_slot = slot.acquire(_WAIT_SECONDS)
    return request is None or request.has_slot


def release() -> None:
    """Release the slot, if this request has it, while it waits for Altostrat."""
    request = _request.get()
    if request is not None and request.has_slot:
        request.has_slot = False
        slot.release()
