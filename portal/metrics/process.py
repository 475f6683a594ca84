"""The state of this process, measured every few seconds."""

from __future__ import annotations

import resource
import threading
import time
from pathlib import Path
from typing import Final, NoReturn

from django.db import connections

from billing import metrics
from billing.altostrat.http import slots
from billing.services.storage import shared_cache
from billing.services.tokens import upstream

_SECONDS: Final = 5
_STATM: Final = Path("/proc/self/statm")


def start() -> None:
    """Start the thread that measures."""
    threading.Thread(target=_measure_forever, name="metrics", daemon=True).start()


def measure() -> None:
    metrics.WORKERS.set(1)
    metrics.MEMORY.set(_resident_bytes())
    metrics.CALLS_IN_FLIGHT.set(slots.in_use())
    metrics.CIRCUITS_OPEN.set(upstream.transport().circuits.count_open())
    metrics.CACHE_UP.set(shared_cache.health.is_good)
    pool = getattr(connections["default"], "pool", None)
    if pool is not None:
        stats = pool.get_stats()
        metrics.DATABASE_CONNECTIONS.set(stats.get("pool_size", 0))
        metrics.DATABASE_WAITING.set(stats.get("requests_waiting", 0))


def _measure_forever() -> NoReturn:
    while True:
        measure()
        time.sleep(_SECONDS)


def _resident_bytes() -> int:
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
