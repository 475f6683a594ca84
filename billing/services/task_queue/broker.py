"""The state of the queue and of its workers, without Celery: each question is one short round trip to Redis."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

QUEUE: Final = "billing-portal"
# Workers write this key. Its remaining life shows its age, so that no clocks need to agree.
_HEARTBEAT: Final = "billing-portal:worker"
_LIFE_SECONDS: Final = 7 * 24 * 3600
# A worker writes every two seconds.
_MAX_AGE_SECONDS: Final = 20.0
_TIMEOUT_SECONDS: Final = 0.5
# After a failure, the portal waits this long before it asks again, because each call could take the whole timeout.
_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class QueueState:
    """Whether Redis answers, how many messages wait, and the age of the last sign of a worker if there was one."""

    is_up: bool
    length: int = 0
    heartbeat_age_seconds: float | None = None

    @property
    def has_worker(self) -> bool:
        age = self.heartbeat_age_seconds
        return self.is_up and age is not None and age <= _MAX_AGE_SECONDS


class _Pause:
    def __init__(self) -> None:
        self._ends_at = -math.inf

    def begin(self) -> None:
        self._ends_at = time.monotonic() + _PAUSE_SECONDS

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at


_pause: Final = _Pause()
_lock: Final = threading.Lock()


def is_enabled() -> bool:
    return bool(settings.CELERY_BROKER_URL)


def state() -> QueueState:
    """Return the state of the queue, within a second."""
    if not _pause.is_over:
        return QueueState(is_up=False)
    try:
        with _client().pipeline(transaction=False) as calls:
            calls.llen(QUEUE)
            calls.pttl(_HEARTBEAT)
            length, left = calls.execute()
    except RedisError:
        note_failure()
        return QueueState(is_up=False)
    age = None if left < 0 else max(0.0, _LIFE_SECONDS - left / 1000)
    return QueueState(True, length, age)


def has_worker() -> bool:
    """Return whether a worker takes tasks from the queue."""
    return is_enabled() and state().has_worker


def note_failure() -> None:
    """Do not use the queue for a while."""
    _pause.begin()


def record_heartbeat() -> int:
    """Record that a worker lives. Return the length of the queue. Raise RedisError."""
    with _client().pipeline(transaction=False) as calls:
        calls.set(_HEARTBEAT, 1, ex=_LIFE_SECONDS)
        calls.llen(QUEUE)
        length = calls.execute()[1]
    return int(length)


def _client() -> Redis:
    with _lock:
        return _client_of(settings.CELERY_BROKER_URL)


@cache
def _client_of(url: str) -> Redis:
    options: dict[str, Any] = {
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis.from_url(url, **options)
