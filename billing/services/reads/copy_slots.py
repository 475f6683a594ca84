"""Slots for pages that show copies: a few at a time in a process, so that they leave its core to the others.

A page that waits for Altostrat takes none of its time. When Altostrat hangs for many people who reload their pages, the
pages show copies instead, and would take all of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

_SLOTS: Final = 2
_WAIT_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Request:
    has_slot: bool = False


_slots = threading.BoundedSemaphore(_SLOTS)
_request: ContextVar[_Request | None] = ContextVar("copy_slots_request", default=None)


@contextmanager
def request_scope() -> Iterator[None]:
    """Release the slot of the request at the end of the block. Outside of it, `acquire` limits nothing."""
    reset = _request.set(_Request())
    try:
        yield
    finally:
        release()
        _request.reset(reset)


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
