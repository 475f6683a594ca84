"""The deadline of the running call, which every socket operation of the call obeys, and that of the whole request.

They are context variables, because nothing else reaches from a call through requests and urllib3 down to the socket, or
from a request down to each of its calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Protocol


class Result(Protocol):
    """A reply, or a failure."""

    @property
    def status(self) -> int | None: ...


@dataclass(slots=True)
class RunningCall:
    """A call in flight, and the block in which it runs.

    `attempts` counts the requests sent for it. The last one was sent, or will be after a pause, at `resumed_at`.
    """

    ends_at: float  # on the monotonic clock
    may_retry: bool = True
    on_rate_limit: Callable[[int | None], None] | None = None
    is_file: bool = False  # it is received in pieces
    attempts: int = 1
    resumed_at: float = -math.inf  # on the monotonic clock
    result: Result | None = None  # of a file, so far
    _reset: Token[RunningCall | None] | None = None

    @property
    def may_take_long(self) -> bool:
        return self.is_file or not self.may_retry

    def seconds_left(self) -> float:
        return self.ends_at - time.monotonic()

    def __enter__(self) -> RunningCall:
        self._reset = _running.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._reset is not None
        _running.reset(self._reset)


_running: ContextVar[RunningCall | None] = ContextVar("altostrat_running_call", default=None)


@dataclass(slots=True)
class _Request:
    """A request of somebody to the portal. Its time begins with its first call; all its threads share it."""

    seconds: float
    ends_at: float | None = None  # on the monotonic clock
    _reset: Token[_Request | None] | None = None

    def __enter__(self) -> None:
        self._reset = _request.set(self)

    def __exit__(self, *_: object) -> None:
        assert self._reset is not None
        _request.reset(self._reset)


_request: ContextVar[_Request | None] = ContextVar("altostrat_request", default=None)


def deadline(
    seconds: float,
    *,
    may_retry: bool = True,
    on_rate_limit: Callable[[int | None], None] | None = None,
    is_file: bool = False,
) -> RunningCall:
    """Limit the network operations in its block to `seconds` in total, and to the time that the request has left."""
    ends_at = min(time.monotonic() + seconds, request_ends_at())
    return RunningCall(ends_at, may_retry, on_rate_limit, is_file)


def request_deadline(seconds: float) -> _Request:
    """Limit all calls in its block together, however many follow one another. It replaces the one around it."""
    return _Request(seconds)


def request_ends_at() -> float:
    """Return the deadline of the request on the monotonic clock; infinite without one.

    The time runs from the first call of the request.
    """
    request = _request.get()
    if request is None:
        return math.inf
    if request.ends_at is None:
        request.ends_at = time.monotonic() + request.seconds
    return request.ends_at


def outlive_request() -> None:
    """Free the calls of this thread from the deadline of the request that started it."""
    _request.set(None)


def seconds_left() -> float:
    """Return the time until the deadline: negative if it has passed, infinite if no call is running."""
    call = _running.get()
    return math.inf if call is None else call.seconds_left()


def may_retry() -> bool:
    """Return whether the request of the running call is safe to send again."""
    call = _running.get()
    return call is not None and call.may_retry


def count_attempt(pause_seconds: float) -> None:
    """Count one more request of the running call, which is sent after a pause."""
    call = _running.get()
    if call is not None:
        call.attempts += 1
        call.resumed_at = time.monotonic() + pause_seconds


def note_rate_limit(seconds: int | None) -> None:
    """Report that the running call was answered with 429, and how long to wait, if known."""
    call = _running.get()
    if call is not None and call.on_rate_limit is not None:
        call.on_rate_limit(seconds)
