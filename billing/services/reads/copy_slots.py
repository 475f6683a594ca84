"""Slots for pages that show copies: a few at a time in a process, so that they leave its core to the others.

A page that waits for Altostrat takes none of its time. When Altostrat hangs for many people who reload their pages, the
pages show copies instead, and would take all of it.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Final

_SLOTS: Final = 2
_WAIT_SECONDS: Final = 1.0


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


_slots = threading.BoundedSemaphore(_SLOTS)
_request: ContextVar[_Request | None] = ContextVar("copy_slots_request", default=None)


def request_scope() -> _Request:
    """Release the slot of the request at the end of the block. Outside of it, `acquire` limits nothing."""
    return _Request()


def acquire() -> bool:
    """Take a slot for this request; False if none is free within a second."""
    request = _request.get()
    if request is not None and not request.has_slot:
        request.has_slot = _slots.acquire(timeout=_WAIT_SECONDS)
    return request is None or request.has_slot


def release() -> None:
    """Release the slot of this request, if it has one, while it waits for Altostrat."""
    request = _request.get()
    if request is not None and request.has_slot:
        request.has_slot = False
        _slots.release()
