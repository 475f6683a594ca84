"""What a walk found, opened and made ready once for many requests, in this process and for some seconds only.

Under the id of the walk and its sealed book, which is another with each step: who has no such walk any more, since it
is over or the token is gone, never comes to what was opened of it, and nobody else ever has that id.
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
# So many people may search at the same time with one process without opening it for each letter.
_MOST: Final = 16
_ready: Final[dict[_Key, Any]] = {}
_lock: Final = threading.Lock()


def of(row: Scan, make: Callable[[Iterable[Document]], T]) -> T:
    """What `make` makes of everything that a walk found so far; always the same function for walks of one kind.

    Raises `store.ScanLost`."""
    key = (row.pk, row.envelope)
    with _lock:
        if key in _ready:
            made: T = _ready[key]
            return made
    made = make(item for part in store.parts(row) for item in part)
    with _lock:
        while len(_ready) >= _MOST:
            del _ready[next(iter(_ready))]
        _ready[key] = made
    # By a clock of its own: nothing stays because nobody comes by any more.
    timer = threading.Timer(KEEP_SECONDS, _forget, (key,))
    timer.daemon = True
    timer.start()
    return made


def _forget(key: _Key) -> None:
    with _lock:
        _ready.pop(key, None)
