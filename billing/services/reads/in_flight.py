"""Single-flight: while a read is in flight in this process, other requests wait for its answer instead of repeating it.

Two reads are the same if operation, path, query, body and stored token are the same (`kept_copies.key_of`). Nothing is
shared between people, between tokens, or between a token and its replacement.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import copy_context
from copy import copy
from datetime import UTC, datetime
from typing import Any, Final

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.altostrat.http.deadlines import outlive_request
from billing.services.tokens.kept_copies import Key

Outcome = Answer[Any] | AltostratError | BaseException

# How long the panels of a late page can reuse its answers: browsers ask for six panels at a time.
_REUSE_SECONDS: Final = 10.0
# A read that is older counts as hanging, and is not joined. Panels of a late page join it before.
_JOIN_SECONDS: Final = 4.0
THREAD_NAME: Final = "read-in-flight"


class PendingRead:
    """One read, from the moment it is sent. The module's lock protects its attributes."""

    def __init__(self, key: Key) -> None:
        self.key: Final = key
        self.began_at: Final = datetime.now(UTC)
        self.began: Final = time.monotonic()
        # It exists only when another thread waits for the read. Most reads of programs have no such thread.
        self.future: Future[Outcome] | None = None
        self.waiting = 1
        self.was_late = False  # a caller has stopped waiting for it
        self.is_claimed = False  # a caller records its outcome, or it must not be recorded
        self.reusable_until: float | None = (
            None  # on the monotonic clock; None until it has an answer to reuse
        )

    def is_joinable(self, now: float, reuse_recent: bool) -> bool:
        """Return whether another caller can have its answer. One that hangs may never arrive."""
        if self.reusable_until is not None:
            return reuse_recent
        return now < self.began + _JOIN_SECONDS


_lock = threading.Lock()
_reads: dict[Key, PendingRead] = {}
os.register_at_fork(after_in_child=_reads.clear)  # threads do not survive a fork


def join(key: Key, *, since: datetime, reuse_recent: bool) -> tuple[PendingRead, bool]:
    """Return the read to wait for, and whether it is new. The caller must `start` or `finish` a new read.

    A read that began before `since` may be outdated: it is neither joined nor recorded. One that hangs is not joined.
    With `reuse_recent`, an answer that a late page received a few seconds ago is accepted.
    """
    now = time.monotonic()
    with _lock:
        if _reads:
            _forget_expired(now)
        found = _reads.get(key)
        if found is not None and found.began_at > since and found.is_joinable(now, reuse_recent):
            found.waiting += 1
            found.future = found.future or Future()
            return found, False
        if found is not None and (found.began_at <= since or found.reusable_until is not None):
            found.is_claimed = True
        new = _reads[key] = PendingRead(key)
        return new, True


def _forget_expired(now: float) -> None:
    for key, read in list(_reads.items()):
        if read.reusable_until is not None and read.reusable_until < now:
            del _reads[key]


def oldest(keys: Iterable[Key]) -> datetime | None:
    """Return when the oldest of these reads began that could be joined; None if there is none."""
    if _reads.keys().isdisjoint(keys):
        return None
    return min((read.began_at for key in keys if (read := _reads.get(key)) is not None), default=None)


def start(read: PendingRead, call: Callable[[], Answer[Any]], on_late: Callable[[Outcome], None]) -> None:
    """Make the call in its own thread, which passes the outcome to `on_late` if no caller waits for it any longer."""
    with _lock:
        read.future = read.future or Future()

    def work() -> None:
        outlive_request()  # others may have joined, and the answer becomes a copy
        outcome: Outcome
        try:
            outcome = call()
        except BaseException as error:  # noqa: BLE001 - raised again in the threads that wait for it
            outcome = error
        if finish(read, outcome):
            on_late(outcome)

    # A daemon thread does not delay the end of the process. It has the caller's context, so that the log has the id of
    # the request that made the call.
    threading.Thread(target=copy_context().run, args=(work,), name=THREAD_NAME, daemon=True).start()


def finish(read: PendingRead, outcome: Outcome) -> bool:
    """Pass the outcome to all waiting callers. Return True if there are none, so that this caller must record it."""
    with _lock:
        is_unclaimed = not read.waiting and not read.is_claimed
        read.is_claimed = read.is_claimed or is_unclaimed
        if _reads.get(read.key) is read:
            del _reads[read.key]
            if read.was_late:
                _allow_reuse(read, outcome)
        if read.future is not None:
            read.future.set_result(outcome)
        return is_unclaimed


def slow(reads: Mapping[str, PendingRead], seconds: float) -> list[str]:
    """Return the names of the reads that are not done when this many seconds have passed since each was sent."""
    for read in reads.values():
        wait([_future(read)], max(read.began + seconds - time.monotonic(), 0))
    return [name for name, read in reads.items() if not _future(read).done()]


def outcomes(reads: Mapping[str, PendingRead], ends_at: float | None) -> dict[str, Outcome]:
    """Return the outcomes that arrive until `ends_at`. If some are late, the others can be reused for a few seconds."""
    futures = {name: _future(read) for name, read in reads.items()}
    for future in futures.values():
        with suppress(TimeoutError):
            future.result(None if ends_at is None else max(ends_at - time.monotonic(), 0))
    with _lock:
        done = {name: future.result() for name, future in futures.items() if future.done()}
        if len(done) < len(reads):
            for name, read in reads.items():
                if name in done:
                    _allow_reuse(read, done[name])
                else:
                    read.waiting -= 1
                    read.was_late = True
    # Each caller raises its own copy of an error, because a traceback belongs to one thread.
    return {name: copy(one) if isinstance(one, AltostratError) else one for name, one in done.items()}


def claim(read: PendingRead) -> bool:
    """Return True for the first caller that has the outcome, which must record it."""
    with _lock:
        is_first, read.is_claimed = not read.is_claimed, True
        return is_first


def _future(read: PendingRead) -> Future[Outcome]:
    assert read.future is not None, "Only a read that was started or joined has a future."
    return read.future


def _allow_reuse(read: PendingRead, outcome: Outcome) -> None:
    if isinstance(outcome, Answer) and read.key not in _reads:
        read.reusable_until = time.monotonic() + _REUSE_SECONDS
        _reads[read.key] = read
