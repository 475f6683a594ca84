"""A cache in this process for rows that a busy caller would otherwise read many times a second.

    _actors: Recent[str, Actor] = Recent(seconds=1)
    actor = _actors.get(digest, lambda: load(digest))

When a process changes a person, key or token, it clears its caches immediately (see `billing.signals`). In the other
processes, a value expires after `seconds`.
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


class Recent(Generic[Key, Value]):
    """Values by key, each for at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: dict[Key, tuple[float, Value]] = {}
        self._generation = 0
        self._lock = threading.Lock()
        _all.add(self)

    def get(self, key: Key, load: Callable[[], Value]) -> Value:
        """Return the value of `key`, loaded if it is not cached. Exceptions of `load` are not cached."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]
        generation, ends_at = self._generation, time.monotonic() + self._seconds
        value = load()
        self._put(key, value, ends_at, generation)
        return value

    def find(self, key: Key) -> Value | None:
        """Return the value of `key` if it is cached."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    def keep(self, key: Key, value: Value, seconds: float) -> None:
        """Cache a value for `seconds` instead of the usual time."""
        self._put(key, value, time.monotonic() + seconds, self._generation)

    def clear(self) -> None:
        """Remove all values, including those that are being loaded now."""
        with self._lock:
            self._generation += 1
            self._entries = {}

    def _put(self, key: Key, value: Value, ends_at: float, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return  # a row changed while this value was loaded
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries = {}
            self._entries[key] = (ends_at, value)


_all: WeakSet[Recent[Any, Any]] = WeakSet()


def clear_all() -> None:
    """Remove all values of all caches in this process."""
    for recent in list(_all):
        recent.clear()
