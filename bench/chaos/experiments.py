"""The experiments. Each does something to the topology, and returns when that has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import redis

from bench.chaos.topology import Topology

_RESTART_SECONDS: Final = 1  # until systemd starts a killed service again


@dataclass(frozen=True)
class Experiment:
    """One experiment. During what is `planned`, no request may fail at all."""

    name: str
    run: Callable[[Topology, float], None]
    alert: str = ""
    planned: bool = False


def _rolling_restart(topology: Topology, seconds: float) -> None:
    for replica in topology.replicas:
        replica.stop()
        replica.start()


def _kill_replica(topology: Topology, seconds: float) -> None:
    replica = topology.replicas[0]
    replica.kill()
    time.sleep(_RESTART_SECONDS)
    replica.start()


def _restart_database(topology: Topology, seconds: float) -> None:
    topology.cluster.restart()


def _stall_database(topology: Topology, seconds: float) -> None:
    topology.cluster.primary.pause()
    time.sleep(seconds)
    topology.cluster.primary.resume()


def _fail_over(topology: Topology, seconds: float) -> None:
    topology.cluster.fail_over()


def _stop_redis(topology: Topology, seconds: float) -> None:
    topology.redis.stop()
    time.sleep(seconds)
    topology.redis.start()


def _flush_redis(topology: Topology, seconds: float) -> None:
    with redis.Redis.from_url(topology.owner["CACHE_URL"]) as client:
        client.flushall()


def _stall_redis(topology: Topology, seconds: float) -> None:
    topology.redis.pause()
    time.sleep(seconds)
    topology.redis.resume()


ALL: Final = (
    Experiment("rolling restart", _rolling_restart, planned=True),
    Experiment("replica killed", _kill_replica, "PortalDown"),
    Experiment("PostgreSQL restarted", _restart_database, "DatabaseUnavailable"),
    Experiment("PostgreSQL stalled", _stall_database, "DatabaseUnavailable"),
    Experiment("Redis stopped", _stop_redis, "CacheUnavailable"),
    Experiment("Redis flushed", _flush_redis),
    Experiment("Redis stalled", _stall_redis, "CacheUnavailable"),
    Experiment("PostgreSQL failed over", _fail_over, "DatabaseUnavailable"),
)
