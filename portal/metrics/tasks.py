"""Metrics of the task queue: they are the same for all replicas, and empty without a broker."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from billing.services.task_queue import broker


class QueueCollector(Collector):
    """Asks Redis, within half a second, and after a failure only once in a while."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily("portal_task_queue_up", "Whether the task queue answers.")
        length = GaugeMetricFamily("portal_task_queue_length", "Messages that wait for a worker.")
        age = GaugeMetricFamily(
            "portal_task_worker_heartbeat_age_seconds", "The time since a worker last showed that it lives."
        )
        if broker.is_enabled():
            found = broker.state()
            up.add_metric([], found.is_up)
            if found.is_up:
                length.add_metric([], found.length)
            if found.heartbeat_age_seconds is not None:
                age.add_metric([], found.heartbeat_age_seconds)
        return [up, length, age]
