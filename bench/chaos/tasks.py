"""The worker, killed in the middle of tasks."""

from __future__ import annotations

import time
from typing import Any, Final

import psycopg

from bench.chaos.topology import READER, Topology

_WAIT_SECONDS: Final = 90
_ENQUEUE: Final = f"""
from billing.models import User
from billing.services.actor import Door, actor_for
from billing.services.scans import background, store
from billing.tasks import maintenance, outcomes
actor = actor_for(User.objects.get(username={READER!r}), Door.PAGE)
store.discard(actor, "facts", "directory")
background.advance(actor, "facts")
outcomes.enqueue_due()
maintenance.enqueue_due()
"""


def kill_during_tasks(topology: Topology, seconds: float) -> float:
    """Enqueue a scan, the nightly tasks and checks of unknown outcomes, and kill the worker once during each kind."""
    topology.manage("shell", "-v0", "-c", _ENQUEUE)
    interrupted: set[str] = set()
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline and _rows(topology, "true"):
        if running := _rows(topology, "holder IS NOT NULL") - interrupted:
            interrupted |= running
            topology.worker.kill()
            topology.worker.start()
        time.sleep(0.01)
    return time.monotonic()


def unfinished(topology: Topology) -> list[str]:
    """Wait until all tasks have ended. Return a sentence for each that has not."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while (names := _rows(topology, "true")) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [f"the task {name} has not ended" for name in sorted(names)]


def _rows(topology: Topology, condition: str) -> set[str]:
    query: Any = f"SELECT DISTINCT name FROM billing_backgroundtask WHERE {condition}"
    with psycopg.connect(topology.cluster.address("billing"), autocommit=True) as connection:
        return {name for (name,) in connection.execute(query)}
