"""Metrics that are counted in the database: they are the same for all replicas."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Final

from django.db import Error, InterfaceError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from billing.models import BackgroundTaskCount
from billing.services.maintenance import state_counts
from billing.services.storage import connections, postgresql

# The answers of scrapes that follow one another faster are the same.
_SECONDS: Final = 10
_QUERY_SECONDS: Final = 2.0
_UP: Final = "portal_database_up"


class DatabaseCollector(Collector):
    """Counts rows by their state, at most once in ten seconds in each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[Metric] = []
        self._ends_at = 0.0

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() >= self._ends_at:
                self._found = _read()
                self._ends_at = time.monotonic() + _SECONDS
            return self._found


def _read() -> list[Metric]:
    up = GaugeMetricFamily(_UP, "Whether the database answers.")
    try:
        with postgresql.at_most(_QUERY_SECONDS):
            families = [_family(counted) for counted in state_counts.all_counts()]
            tasks = _tasks()
    except (Error, InterfaceError):
        up.add_metric([], 0)
        return [up]
    finally:
        connections.release_connection()
    up.add_metric([], 1)
    return [up, *families, tasks]


def _tasks() -> CounterMetricFamily:
    family = CounterMetricFamily("portal_tasks", "Background tasks that ended.", labels=["task", "outcome"])
    for name, outcome, count in BackgroundTaskCount.objects.values_list("name", "outcome", "count"):
        family.add_metric([name, outcome], count)
    return family


def _family(counted: state_counts.Counted) -> GaugeMetricFamily:
    family = GaugeMetricFamily(counted.name, counted.help, labels=["state"])
    for state, count in counted.states.items():
        family.add_metric([state], count)
    return family
