"""Single-flight: a read that is in flight in this process is sent once, and everyone who asks for it gets its answer.

Two reads are the same if operation, path, query, body and the token as it is stored now are the same
(`kept_copies.key_of`). Nothing is shared between people, between tokens, or between a token and its replacement.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextvars import copy_context
from copy import copy
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError

Outcome = Answer[Any] | AltostratError | BaseException
Key = tuple[str, str]

# How long the panels of a late page can reuse its answers: browsers ask for six panels at a time.
_REUSE_SECONDS: Final = 10.0
THREAD_NAME: Final = "read-in-flight"


class PendingRead:
    """One read, from the moment it is sent. The attributes that change do so under the module's lock."""

    def __init__(self, key: Key) -> None:
        self.key: Final = key
        self.began_at: Final = timezone.now()
        self.outcome: Final[Future[Outcome]] = Future()
        self.waiting = 1
        self.was_late = False  # someone has stopped waiting for it
        self.is_claimed = False  # someone records its outcome, or nobody may
        self.reusable_until: float | None = None  # set once it has an answer to reuse; on the monotonic clock


_lock = threading.Lock()
_reads: dict[Key, PendingRead] = {}
os.register_at_fork(after_in_child=_reads.clear)  # the child has none of the threads


def join(key: Key, *, since: datetime, reuse_recent: bool) -> tuple[PendingRead, bool]:
    """The read to wait for, and whether it is new, so that the caller must `start` or `finish` it.

    A read that began before `since` may be outdated: it is neither joined nor recorded. With `reuse_recent`, an answer
    that a late page received a few seconds ago will do.
    """
    now = time.monotonic()
    with _lock:
        for read in [
            one for one in _reads.values() if one.reusable_until is not None and one.reusable_until < now
        ]:
            del _reads[read.key]
        found = _reads.get(key)
        if found is not None and found.began_at > since and (reuse_recent or found.reusable_until is None):
            found.waiting += 1
            return found, False
        if found is not None:
            found.is_claimed = True
        new = _reads[key] = PendingRead(key)
        return new, True


def has_any(keys: Mapping[str, Key]) -> bool:
    """Whether one of these reads could be joined."""
    with _lock:
        return any(key in _reads for key in keys.values())


def start(read: PendingRead, call: Callable[[], Answer[Any]], on_late: Callable[[Outcome], None]) -> None:
    """Makes the call in its own thread, which passes the outcome to `on_late` if nobody waits for it any longer."""

    def work() -> None:
        outcome: Outcome
        try:
            outcome = call()
        except BaseException as error:  # noqa: BLE001 - raised again in the threads that wait for it
            outcome = error
        if finish(read, outcome):
            on_late(outcome)

    # A daemon thread: a call that nobody waits for does not delay the end of the process.
    # It has the caller's context, so that the log names the request that made the call.
    threading.Thread(target=copy_context().run, args=(work,), name=THREAD_NAME, daemon=True).start()


def finish(read: PendingRead, outcome: Outcome) -> bool:
    """Gives the outcome to all who wait. Returns whether nobody does, so that the caller must record it."""
    with _lock:
        is_unclaimed = not read.waiting and not read.is_claimed
        read.is_claimed = read.is_claimed or is_unclaimed
        if _reads.get(read.key) is read:
            del _reads[read.key]
            if read.was_late:
                _allow_reuse(read, outcome)
        read.outcome.set_result(outcome)
        return is_unclaimed


def outcomes(reads: Mapping[str, PendingRead], ends_at: float | None) -> dict[str, Outcome]:
    """The outcomes until `ends_at`. If some are late, all answers can be reused for a few seconds."""
    seconds = None if ends_at is None else max(ends_at - time.monotonic(), 0)
    wait([read.outcome for read in reads.values()], seconds)
    with _lock:
        done = {name: read.outcome.result() for name, read in reads.items() if read.outcome.done()}
        if len(done) < len(reads):
            for name, read in reads.items():
                if name in done:
                    _allow_reuse(read, done[name])
                else:
                    read.waiting -= 1
                    read.was_late = True
    # Each caller raises its own copy of an error: a traceback belongs to one thread.
    return {name: copy(one) if isinstance(one, AltostratError) else one for name, one in done.items()}


def claim(read: PendingRead) -> bool:
    """Whether the caller is the first of all who have the outcome, and so must record it."""
    with _lock:
        is_first, read.is_claimed = not read.is_claimed, True
        return is_first


def _allow_reuse(read: PendingRead, outcome: Outcome) -> None:
    if isinstance(outcome, Answer) and read.key not in _reads:
        read.reusable_until = time.monotonic() + _REUSE_SECONDS
        _reads[read.key] = read
