"""Reads under way in this process: the very same is asked once, and everybody who waits for it gets the answer.

The same is: the same operation, path, query and body, with the same token as it is stored now (`kept_copies.key_of`).
So nothing is shared between people, between tokens, or between a token and the one that took its place.
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

# For so long, the panels of a page that was late pick up what came meanwhile: browsers ask six at a time.
_PICKED_UP_SECONDS: Final = 10.0


class UnderWay:
    """One read, from when it is asked. What changes of it changes under the module's lock."""

    def __init__(self, key: Key) -> None:
        self.key: Final = key
        self.began_at: Final = timezone.now()
        self.outcome: Final[Future[Outcome]] = Future()
        self.waiting = 1
        self.is_late = False  # somebody has stopped waiting for it
        self.is_taken_care_of = False  # somebody writes down what comes, or nobody is to
        # Once it has come, and is kept to be picked up; on the monotonic clock.
        self.kept_until: float | None = None


_lock = threading.Lock()
_reads: dict[Key, UnderWay] = {}
os.register_at_fork(after_in_child=_reads.clear)  # the threads that ask are not in the child


def enter(key: Key, *, since: datetime, picks_up: bool) -> tuple[UnderWay, bool]:
    """The read to wait for, and whether it is a new one, which the caller has to `ask` or `finish`.

    One that began before `since` is not joined, nor kept when it comes: what it says may be over. With `picks_up`, an
    answer will do that came a few seconds ago, for a page that was late.
    """
    now = time.monotonic()
    with _lock:
        for over in [one for one in _reads.values() if one.kept_until is not None and one.kept_until < now]:
            del _reads[over.key]
        found = _reads.get(key)
        if found is not None and found.began_at > since and (picks_up or found.kept_until is None):
            found.waiting += 1
            return found, False
        if found is not None:
            found.is_taken_care_of = True
        fresh = _reads[key] = UnderWay(key)
        return fresh, True


def is_any(keys: Mapping[str, Key]) -> bool:
    """Whether one of these could be joined."""
    with _lock:
        return any(key in _reads for key in keys.values())


def ask(
    read: UnderWay, call: Callable[[], Answer[Any]], when_nobody_waits: Callable[[Outcome], None]
) -> None:
    """Makes the call in a thread of its own, which hands over an outcome that nobody waits for any more."""

    def work() -> None:
        outcome: Outcome
        try:
            outcome = call()
        except BaseException as error:  # noqa: BLE001 - raised again on the threads that wait for it
            outcome = error
        if finish(read, outcome):
            when_nobody_waits(outcome)

    # A daemon: a call that nobody waits for any more does not hold up the end of the process.
    # With the caller's context, so that the log says which request the call was made for.
    threading.Thread(target=copy_context().run, args=(work,), name="read-under-way", daemon=True).start()


def finish(read: UnderWay, outcome: Outcome) -> bool:
    """Hands the outcome to all who wait; whether nobody does, so that the caller is to take care of it."""
    with _lock:
        is_nobodys = not read.waiting and not read.is_taken_care_of
        read.is_taken_care_of = read.is_taken_care_of or is_nobodys
        if _reads.get(read.key) is read:
            del _reads[read.key]
            if read.is_late:
                _keep(read, outcome)
        read.outcome.set_result(outcome)
        return is_nobodys


def outcomes(reads: Mapping[str, UnderWay], ends_at: float | None) -> dict[str, Outcome]:
    """What came of them until then. The others are left to themselves; all are kept a moment when there are others."""
    seconds = None if ends_at is None else max(ends_at - time.monotonic(), 0)
    wait([read.outcome for read in reads.values()], seconds)
    with _lock:
        came = {name: read.outcome.result() for name, read in reads.items() if read.outcome.done()}
        if len(came) < len(reads):
            for name, read in reads.items():
                if name in came:
                    _keep(read, came[name])
                else:
                    read.waiting -= 1
                    read.is_late = True
    # Each reader raises an error of its own: a traceback belongs to one thread.
    return {name: copy(one) if isinstance(one, AltostratError) else one for name, one in came.items()}


def takes_care(read: UnderWay) -> bool:
    """Whether it is the caller who writes down what came: one of all who got it, if any."""
    with _lock:
        is_first, read.is_taken_care_of = not read.is_taken_care_of, True
        return is_first


def _keep(read: UnderWay, outcome: Outcome) -> None:
    if isinstance(outcome, Answer) and read.key not in _reads:
        read.kept_until = time.monotonic() + _PICKED_UP_SECONDS
        _reads[read.key] = read
