"""The portal's metrics. Labels have neither IDs nor personal data: docs/operations.md explains each of them.

Each worker process counts for itself; `/metrics` adds them up. https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()

_REQUESTS: Final = Histogram(
    "portal_request_duration_seconds",
    "Requests, from their first byte to the end of the response.",
    ("route", "method", "status"),
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
_CALLS: Final = Histogram(
    "portal_altostrat_call_duration_seconds",
    "Calls to Altostrat. The outcome is a status code or a failure; CircuitOpen, Overloaded, ShareTaken: not sent.",
    ("operation", "outcome"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
COPIES_SERVED: Final = Counter(
    "portal_copies_served",
    "Reads that were answered with a copy: Altostrat was unavailable or late, or the caller accepted a short copy.",
    ("reason",),
    registry=REGISTRY,
)
IDEMPOTENT_REQUESTS: Final = Counter(
    "portal_idempotent_requests",
    "Writes through the API with an Idempotency-Key.",
    ("result",),
    registry=REGISTRY,
)
CHANGES_ENDED: Final = Counter(
    "portal_changes_ended", "Changes that were sent, by their outcome.", ("state",), registry=REGISTRY
)
DATABASE_OUTAGES: Final = Counter(
    "portal_database_outages", "Requests that the database failed.", ("outage",), registry=REGISTRY
)
# The state of each process, which portal.metrics.process measures.
CALLS_IN_FLIGHT: Final = Gauge(
    "portal_altostrat_calls_in_flight",
    "Slots for calls to Altostrat in use.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_CONNECTIONS: Final = Gauge(
    "portal_database_connections",
    "Connections of the pool to PostgreSQL.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
DATABASE_WAITING: Final = Gauge(
    "portal_database_requests_waiting",
    "Requests that wait for a connection to PostgreSQL.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
CIRCUITS_OPEN: Final = Gauge(
    "portal_circuits_open",
    "Tokens and billing accounts whose calls are not sent, because Altostrat does not answer them.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
CACHE_UP: Final = Gauge(
    "portal_cache_up",
    "Whether every process reaches the cache (1) or one counts for itself (0).",
    multiprocess_mode="livemin",
    registry=REGISTRY,
)
MEMORY: Final = Gauge(
    "portal_process_resident_memory_bytes",
    "Memory of the largest worker process.",
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
WORKERS: Final = Gauge("portal_workers", "Worker processes.", multiprocess_mode="livesum", registry=REGISTRY)


@cache
def request_seconds(route: str, method: str, status: int) -> Histogram:
    return _REQUESTS.labels(route, method, status)


@cache
def call_seconds(operation: str, outcome: str) -> Histogram:
    return _CALLS.labels(operation, outcome)
