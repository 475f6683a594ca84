"""A short cache of opened scan results, in this process, so that not every keystroke in the search box opens them.

The key is the scan's id and its sealed record, which every step changes. A person whose scan has expired, or whose
token was deleted, no longer has the key, and no two people have the same scan.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from uuid import UUID

from billing.models import Scan
from billing.services.scans import store
from billing.services.scans.store import Document

T = TypeVar("T")
_Key = tuple[UUID, str]

KEEP_SECONDS: Final = 60
# This many people can search at the same time in one process without opening the results repeatedly.
_MAX_ENTRIES: Final = 16
_cache: Final[dict[_Key, Any]] = {}
_lock: Final = threading.Lock()


def get(row: Scan, build: Callable[[Iterable[Document]], T]) -> T:
    """Return the value that `build` returns for the results so far. Scans of one kind must use the same function.

    Raise `store.ScanLost`.
    """
    key = (row.pk, row.envelope)
    with _lock:
        if key in _cache:
            cached: T = _cache[key]
            return cached
    built = build(item for part in store.open_parts(row) for item in part)
    with _lock:
        while len(_cache) >= _MAX_ENTRIES:
            del _cache[next(iter(_cache))]
        _cache[key] = built
    # A timer, because without further requests nothing else would remove the entry.
    timer = threading.Timer(KEEP_SECONDS, _remove, (key,))
    timer.daemon = True
    timer.start()
    return built


def _remove(key: _Key) -> None:
    with _lock:
        _cache.pop(key, None)
