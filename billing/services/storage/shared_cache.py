"""Django's cache in Redis, replaced by one in this process while Redis does not answer.

The cache has counters and what can be read again. Nothing depends on it for safety: the database
decides what may happen only once (`idempotency`).
"""

from __future__ import annotations

import json
import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.core.signals import request_finished, request_started
from django.dispatch import receiver
from redis import Connection
from redis.exceptions import RedisError, ResponseError

from billing.services.storage.process_cache import process_cache

logger = logging.getLogger(__name__)

# All calls of one request together, so that a stalled Redis does not stall the portal.
SECONDS_PER_REQUEST: Final = 0.18
_QUICK_SECONDS: Final = 0.005  # a quick call does not count: a scan makes many
# After a failure, one request tries again.
_PAUSE_SECONDS: Final = 5.0
_GARBAGE: Final = ("WRONGTYPE", "value is not an integer", "increment or decrement would overflow")

# All threads share its connections. Django has a client per thread, and most reads have a thread of their own.
_client_of: Final = cache(RedisCacheClient)

_call = threading.local()


class JsonSerializer:
    """A serializer that, unlike pickle, reads nothing that could run code."""

    def dumps(self, value: Any) -> Any:
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class _BoundedSocket(socket.socket):
    """A socket that ends each operation at the end of the call, even if the server sends one byte at a time."""

    _own_timeout: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._own_timeout = value
        super().settimeout(value)

    def recv(self, *args: Any) -> bytes:
        self._limit()
        return super().recv(*args)

    def recv_into(self, *args: Any) -> int:
        self._limit()
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        self._limit()
        super().sendall(*args)

    def _limit(self) -> None:
        left = getattr(_call, "ends_at", 0.0) - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time left")
        own = self._own_timeout
        super().settimeout(left if own is None else min(own, left))


class BoundedConnection(Connection):
    """A connection to Redis with a bounded socket."""

    def _connect(self) -> socket.socket:
        opened = super()._connect()  # type: ignore[no-untyped-call]
        bounded = _BoundedSocket(fileno=opened.detach())
        bounded.settimeout(self.socket_timeout)
        return bounded


class _Health:
    """Whether Redis answers this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: float | None = None
        self._failed_at = -math.inf

    @property
    def is_good(self) -> bool:
        return self._next_try is None

    def may_try(self) -> bool:
        """Return whether to call Redis: always when it answers, otherwise one request after each pause."""
        if self._next_try is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._next_try is not None and self._next_try > now:
                return False
            self._next_try = now + _PAUSE_SECONDS
            return True

    def note(self, error: Exception | None, began_at: float) -> None:
        """Record the result of a call. The success of one that began before another failed proves nothing."""
        now = time.monotonic()
        with self._lock:
            if error is None and began_at < self._failed_at:
                return
            was_good, self._next_try = self.is_good, None if error is None else now + _PAUSE_SECONDS
            self._failed_at = self._failed_at if error is None else now
        if error is not None and was_good:
            logger.warning("Redis does not answer (%s): each process counts for itself", type(error).__name__)
        elif error is None and not was_good:
            logger.info("Redis answers again")


health: Final = _Health()


@receiver(request_started)
def begin_request(**kwargs: Any) -> None:
    """Limit all calls of this thread together until `end_request`."""
    _call.spent = 0.0


@receiver(request_finished)
def end_request(**kwargs: Any) -> None:
    """Remove the limit of the request. Outside a request, each call has a limit of its own."""
    if hasattr(_call, "spent"):
        del _call.spent


class SharedCache(RedisCache):
    """Redis, or the cache of this process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._process_cache = process_cache()
        self._seconds = int(self.default_timeout or 300)
        self._servers, self._class = tuple(server.split(",")), _client_of

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._run("add", super().add, key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return `default` instead of garbage: of what is no JSON, and of anything but a number if that is a number."""
        value = self._run("get", self._get, key, default, version)
        return default if type(default) is int and type(value) is not int else value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._run("set", super().set, key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._run("touch", super().touch, key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._run("delete", super().delete, key, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count from 0 if the key is missing or its value is garbage."""
        return int(self._run("incr", self._incr, key, delta, version))

    def run(
        self,
        script: str,
        keys: Sequence[str],
        arguments: Sequence[int],
        instead: Callable[[BaseCache, Sequence[str], Sequence[int]], list[int]],
    ) -> list[int]:
        """Run a script in Redis, or `instead` in the cache of this process. Return the numbers that it returns."""
        names = [self.make_and_validate_key(key) for key in keys]

        def in_redis() -> list[int]:
            client = self._cache.get_client(None, write=True)
            return [int(number) for number in client.eval(script, len(names), *names, *arguments)]

        found: list[int] = self._run_or(in_redis, lambda: instead(self._process_cache, keys, arguments))
        return found

    def clear(self) -> None:
        self._process_cache.clear()
        self._run("clear", super().clear)

    def _run(self, name: str, shared: Callable[..., Any], *args: Any) -> Any:
        def in_process() -> Any:
            if name == "incr":
                self._process_cache.add(args[0], 0, version=args[2])
            return getattr(self._process_cache, name)(*args)

        return self._run_or(lambda: shared(*args), in_process)

    @staticmethod
    def _run_or(shared: Callable[[], Any], in_process: Callable[[], Any]) -> Any:
        if health.may_try():
            began_at = time.monotonic()
            _call.ends_at = began_at + SECONDS_PER_REQUEST - getattr(_call, "spent", 0.0)
            try:
                result = shared()
            except Exception as error:  # noqa: BLE001 - a server that is no Redis causes errors of any kind
                health.note(error, began_at)
            else:
                if not health.is_good:
                    health.note(None, began_at)
                return result
            finally:
                seconds = time.monotonic() - began_at
                if seconds > _QUICK_SECONDS and hasattr(_call, "spent"):
                    _call.spent += seconds
        return in_process()

    def _get(self, key: str, default: Any, version: int | None) -> Any:
        try:
            return super().get(key, default, version)
        except ValueError:
            super().delete(key, version)
        except ResponseError as error:
            self._require_garbage(error)
            super().delete(key, version)
        return default

    def _incr(self, key: str, delta: int, version: int | None) -> int:
        name, seconds = self.make_and_validate_key(key, version), self._seconds
        client = self._cache.get_client(name, write=True)
        try:
            count = int(client.incr(name, delta))
        except ResponseError as error:
            self._require_garbage(error)
            client.set(name, delta, ex=seconds)
            return delta
        if count == delta and client.ttl(name) < 0:
            client.expire(name, seconds)
        return count

    @staticmethod
    def _require_garbage(error: RedisError) -> None:
        """Raise the error again unless the value has the wrong type."""
        if not any(text in str(error) for text in _GARBAGE):
            raise error
