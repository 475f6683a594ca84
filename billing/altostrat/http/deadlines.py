"""The time that a call has left, known to every socket operation made on its behalf.

It travels in a context variable, as nothing else reaches from a call through requests and urllib3 down to the
socket.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class RunningCall:
    """A call under way. `attempts` counts the requests made for it, `ends_at` is on the monotonic clock."""

    ends_at: float
    is_read: bool = True
    attempts: int = 1

    def seconds_left(self) -> float:
        return self.ends_at - time.monotonic()


_running: ContextVar[RunningCall | None] = ContextVar("altostrat_running_call", default=None)


@contextmanager
def deadline(seconds: float, *, is_read: bool = True) -> Iterator[RunningCall]:
    """Everything inside happens within so many seconds."""
    call = RunningCall(time.monotonic() + seconds, is_read)
    token = _running.set(call)
    try:
        yield call
    finally:
        _running.reset(token)


def seconds_left() -> float:
    """Until the running call's deadline: negative when it has passed, infinite when there is no call."""
    call = _running.get()
    return math.inf if call is None else call.seconds_left()


def may_repeat() -> bool:
    """Whether the running call changes nothing, and so may be made again."""
    call = _running.get()
    return call is not None and call.is_read


def count_attempt() -> None:
    """The running call is about to send its request once more."""
    call = _running.get()
    if call is not None:
        call.attempts += 1
