"""The deadline of the running call, which every socket operation of the call obeys.

It is a context variable, because requests and urllib3 offer no other way to pass it down to the socket.
"""

from __future__ import annotations

import math
import time
from contextvars import ContextVar, Token
from dataclasses import dataclass


@dataclass(slots=True)
class RunningCall:
    """A call in flight, and the block in which it runs. `attempts` counts the requests sent for it.

    `may_end_at_close` accepts a body whose only end is that of the connection.
    """

    ends_at: float  # on the monotonic clock
    may_retry: bool = True
    may_end_at_close: bool = True
    attempts: int = 1
    _reset: Token[RunningCall | None] | None = None

    def seconds_left(self) -> float:
        return self.ends_at - time.monotonic()

    def __enter__(self) -> RunningCall:
        self._reset = _running.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._reset is not None
        _running.reset(self._reset)


_running: ContextVar[RunningCall | None] = ContextVar("altostrat_running_call", default=None)


def deadline(seconds: float, *, may_retry: bool = True, may_end_at_close: bool = True) -> RunningCall:
    """Limits the network operations in its block to `seconds` in total."""
    return RunningCall(time.monotonic() + seconds, may_retry, may_end_at_close)


def seconds_left() -> float:
    """The time until the deadline: negative if it has passed, infinite if no call is running."""
    call = _running.get()
    return math.inf if call is None else call.seconds_left()


def may_retry() -> bool:
    """Whether the request of the running call is safe to send again."""
    call = _running.get()
    return call is not None and call.may_retry


def may_end_at_close() -> bool:
    """Whether the running call accepts a body that ends with its connection."""
    call = _running.get()
    return call is not None and call.may_end_at_close


def count_attempt() -> None:
    """Counts one more request of the running call."""
    call = _running.get()
    if call is not None:
        call.attempts += 1
