"""The deadline of the running call, which every socket operation of the call obeys.

It is a context variable, because nothing else reaches from a call through requests and urllib3 down to the socket.
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
    """A call in flight. `attempts` counts the requests sent for it; `ends_at` is on the monotonic clock."""

    ends_at: float
    is_read: bool = True
    attempts: int = 1

    def seconds_left(self) -> float:
        return self.ends_at - time.monotonic()


_running: ContextVar[RunningCall | None] = ContextVar("altostrat_running_call", default=None)


@contextmanager
def deadline(seconds: float, *, is_read: bool = True) -> Iterator[RunningCall]:
    """Limits the network operations in its block to so many seconds in total."""
    call = RunningCall(time.monotonic() + seconds, is_read)
    token = _running.set(call)
    try:
        yield call
    finally:
        _running.reset(token)


def seconds_left() -> float:
    """Until the deadline of the running call: negative if it has passed, infinite if no call is running."""
    call = _running.get()
    return math.inf if call is None else call.seconds_left()


def may_retry() -> bool:
    """Whether the running call is a read, which is safe to send again."""
    call = _running.get()
    return call is not None and call.is_read


def count_attempt() -> None:
    """Notes that the running call sends its request again."""
    call = _running.get()
    if call is not None:
        call.attempts += 1
