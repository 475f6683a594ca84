"""A cache in this process for rows that a busy caller would otherwise read many times a second.

    _actors: Recent[str, Actor] = Recent(seconds=1)
    actor = _actors.get(digest, lambda: load(digest))

When a process changes a person, key or token, it clears its caches immediately (see `billing.signals`). In the other
processes, a value expires after `seconds`. Shortly before, one of the threads that ask for it loads it again, so that
not all of them do at the same time when it has expired.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

Key = TypeVar("Key")
Value = TypeVar("Value")

_MAX_ENTRIES: Final = 5_000
# The part of its time after which a value is loaded again.
_RELOADED_AFTER: Final = 0.8


class Recent(Generic[Key, Value]):
    """Values by key, each for at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # When each value is loaded again, when it expires, and the value, on the monotonic clock.
        self._entries: dict[Key, tuple[float, float, Value]] = {}
        self._generation = 0
        self._lock = threading.Lock()
        _all.add(self)

    def get(self, key: Key, load: Callable[[], Value]) -> Value:
        """Return the value of `key`, loaded if it is not cached. Exceptions of `load` end what was cached."""
        entry = self._entries.get(key)
        if entry is not None:
            now = time.monotonic()
            if now < entry[0] or (now < entry[1] and not self._may_reload(key, entry)):
                return entry[2]
        generation, began_at = self._generation, time.monotonic()
        try:
            value = load()
        except BaseException:
            with self._lock:
                self._entries.pop(key, None)
            raise
        reload_at = began_at + self._seconds * _RELOADED_AFTER
        self._put(key, (reload_at, began_at + self._seconds, value), generation)
        return value

    def find(self, key: Key) -> Value | None:
        """Return the value of `key` if it is cached."""
        entry = self._entries.get(key)
        return entry[2] if entry is not None and entry[1] > time.monotonic() else None

    def keep(self, key: Key, value: Value, seconds: float) -> None:
        """Cache a value for `seconds` instead of the usual time."""
        ends_at = time.monotonic() + seconds
        self._put(key, (ends_at, ends_at, value), self._generation)

    def clear(self) -> None:
        """Remove all values, including those that are being loaded now."""
        with self._lock:
            self._generation += 1
            self._entries = {}

    def _may_reload(self, key: Key, entry: tuple[float, float, Value]) -> bool:
        """Return True to the first thread that asks."""
        with self._lock:
            if self._entries.get(key) is not entry:
                return False
            self._entries[key] = (entry[1], *entry[1:])
            return True

    def _put(self, key: Key, entry: tuple[float, float, Value], generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return  # a row changed while this value was loaded
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries = {}
            self._entries[key] = entry


_all: WeakSet[Recent[Any, Any]] = WeakSet()


def clear_all() -> None:
    """Remove all values of all caches in this process."""
    for recent in list(_all):
        recent.clear()
