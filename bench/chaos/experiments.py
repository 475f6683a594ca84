"""The experiments. Each does something to the topology, and returns when that ended, by the monotonic clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import redis

from bench.chaos import tasks
from bench.chaos.deployment import deploy
from bench.chaos.topology import Topology


@dataclass(frozen=True)
class Experiment:
    """One experiment. During what is `planned`, no request may fail at all.

    `alert` must fire, and `faults` finds what is wrong afterwards.
    """

    name: str
    run: Callable[[Topology, float], float]
    alert: str = ""
    planned: bool = False
    faults: Callable[[Topology], list[str]] | None = None


def _rolling_restart(topology: Topology, seconds: float) -> float:
    for replica in topology.replicas:
        replica.stop()
        replica.start()
    return time.monotonic()


def _kill_replica(topology: Topology, seconds: float) -> float:
    replica = topology.replicas[0]
    replica.kill()
    killed_at = time.monotonic()
    time.sleep(seconds)  # as when its machine is lost; after a second, as with systemd, no alert would fire
    replica.start()
    return killed_at


def _restart_database(topology: Topology, seconds: float) -> float:
    topology.cluster.restart()
    return time.monotonic()


def _stall_database(topology: Topology, seconds: float) -> float:
    topology.cluster.primary.pause()
    time.sleep(seconds)
    topology.cluster.primary.resume()
    return time.monotonic()


def _fail_over(topology: Topology, seconds: float) -> float:
    topology.cluster.fail_over()
    return time.monotonic()


def _stop_redis(topology: Topology, seconds: float) -> float:
    topology.redis.stop()
    time.sleep(seconds)
    topology.redis.start()
    return time.monotonic()


def _flush_redis(topology: Topology, seconds: float) -> float:
    with redis.Redis.from_url(topology.owner["CACHE_URL"]) as client:
        client.flushall()
    return time.monotonic()


def _stall_redis(topology: Topology, seconds: float) -> float:
    topology.redis.pause()
    time.sleep(seconds)
    topology.redis.resume()
    return time.monotonic()


def _deploy(topology: Topology, seconds: float) -> float:
    deploy(topology)
    return time.monotonic()


ALL: Final = (
    Experiment("rolling restart", _rolling_restart, planned=True),
    Experiment("replica killed", _kill_replica, "PortalDown"),
    Experiment("PostgreSQL restarted", _restart_database),
    Experiment("PostgreSQL stalled", _stall_database, "DatabaseUnavailable"),
    Experiment("Redis stopped", _stop_redis, "CacheUnavailable"),
    Experiment("Redis flushed", _flush_redis),
    Experiment("Redis stalled", _stall_redis, "CacheUnavailable"),
    Experiment("worker killed during tasks", tasks.kill_during_tasks, faults=tasks.unfinished),
    Experiment("PostgreSQL failed over", _fail_over),
    Experiment("new version with a migration", _deploy, planned=True),
)
