"""Copies of answers, for programs that accept them: in this process only, and for at most a minute.

A copy is only found with the same stored token and the same read (`kept_copies.key_of`). Any write through the portal
to the same object, or to one below or above it, ends it on every replica: the table of changes, the only path for
writes, decides.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from billing import metrics
from billing.altostrat.client import Answer
from billing.models import AltostratToken
from billing.services.reads.recording import WritesSince
from billing.services.tokens.kept_copies import Key, Read

MAX_SECONDS: Final = 60
_MAX_BODY_BYTES: Final = 1024 * 1024
_MAX_TOTAL_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ShortCopy:
    """An answer, when its read began, and the question whether anyone has written since then."""

    answer: Answer[Any]
    began: float  # on the monotonic clock
    writes: WritesSince

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self.began


class _Copies:
    """Copies by read, oldest first, with a limit for their bodies together."""

    def __init__(self) -> None:
        self._lock, self._bytes = threading.Lock(), 0
        self._by_key: OrderedDict[Key, ShortCopy] = OrderedDict()

    def find(self, key: Key) -> ShortCopy | None:
        return self._by_key.get(key)

    def keep(self, key: Key, copy: ShortCopy) -> None:
        with self._lock:
            self._remove(key)
            self._by_key[key] = copy
            self._bytes += len(copy.answer.body)
            while self._bytes > _MAX_TOTAL_BYTES or self._is_first_expired():
                self._remove(next(iter(self._by_key)))

    def remove(self, key: Key) -> None:
        if key in self._by_key:
            with self._lock:
                self._remove(key)

    def _is_first_expired(self) -> bool:
        first = next(iter(self._by_key.values()), None)
        return first is not None and first.age_seconds > MAX_SECONDS

    def _remove(self, key: Key) -> None:
        copy = self._by_key.pop(key, None)
        self._bytes -= 0 if copy is None else len(copy.answer.body)


_copies: Final = _Copies()
_served: Final = metrics.COPIES_SERVED.labels("accepted")


def find(token: AltostratToken, key: Key, max_age_seconds: int) -> ShortCopy | None:
    """Return a copy that is at most this old, unless the token was refused or something was written since."""
    copy = _copies.find(key)
    if copy is None or copy.age_seconds > min(max_age_seconds, MAX_SECONDS):
        return None
    if token.status == AltostratToken.Status.REFUSED or copy.writes.exist():
        _copies.remove(key)
        return None
    _served.inc()
    return copy


def keep(read: Read[Any], key: Key, answer: Answer[Any], began_at: datetime, began: float) -> None:
    """Keep an answer, unless it is too large."""
    if len(answer.body) <= _MAX_BODY_BYTES:
        # Programs get the bytes, so the parsed value is not needed.
        writes = WritesSince.of(read.path, began_at)
        _copies.keep(key, ShortCopy(replace(answer, value=None), began, writes))


def remove(key: Key) -> None:
    """Remove the copy of a read that has failed, or whose answer is newer."""
    _copies.remove(key)
