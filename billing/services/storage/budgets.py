"""Budgets: how many requests a minute a caller may make, counted for all processes together in the shared cache.

A budget can also be paused until a moment. Counts and pauses are read and written with one call of the cache.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import cache, caches
from django.core.cache.backends.base import BaseCache
from django.core.signals import setting_changed
from django.dispatch import receiver

from billing.services.storage.shared_cache import SharedCache

WINDOW_SECONDS: Final = 60
_KEEP_SECONDS: Final = 2 * WINDOW_SECONDS
_COUNT_KEY: Final = "requests:%s:%d"  # of a budget in a minute
_PAUSE_KEY: Final = "requests-paused:%s"
# A pause never lasts longer, whatever the other side says.
_MAX_PAUSE_SECONDS: Final = 3600
# KEYS: for each budget the keys of its count and of its pause. ARGV: the time, the longest pause, how long a count is
# kept, and the limit of each budget. Values that are no numbers count as missing.
_SCRIPT: Final = """
local now, found = tonumber(ARGV[1]), {}
for i = 1, #KEYS, 2 do
  local paused = redis.pcall('GET', KEYS[i + 1])
  paused = type(paused) == 'string' and tonumber(paused) or 0
  if paused > now and paused <= now + tonumber(ARGV[2]) then
    found[#found + 1] = 0
    found[#found + 1] = paused
    return found
  end
  local count = redis.pcall('INCR', KEYS[i])
  if type(count) == 'table' then
    redis.call('SET', KEYS[i], 1, 'EX', ARGV[3])
    count = 1
  elseif count == 1 then
    redis.call('EXPIRE', KEYS[i], ARGV[3])
  end
  found[#found + 1] = count
  found[#found + 1] = 0
  local limit = tonumber(ARGV[3 + (i + 1) / 2])
  if limit > 0 and count > limit then return found end
end
return found
"""


@dataclass(slots=True)
class Budget:
    """`limit` requests a minute, 0 for any number. `policy` names the kind of budget, `name` this one.

    `count` is that of the last request, None before it; `left` and `seconds_left` follow from it.
    """

    policy: str
    name: str
    limit: int
    count: int | None = None
    seconds_left: int = WINDOW_SECONDS

    @property
    def left(self) -> int:
        return max(self.limit - (self.count or 0), 0)


class BudgetSpent(Exception):
    """The budget is spent or paused for `seconds`."""

    def __init__(self, budget: Budget, seconds: int) -> None:
        super().__init__(budget.policy, seconds)
        self.budget, self.seconds = budget, seconds


class Caller:
    """A program whose requests have a budget. `budgets` are those that its present request has used, by policy."""

    __slots__ = ("_own", "budgets")

    def __init__(self, name: str, limit: int) -> None:
        self._own = Budget("caller", name, limit)
        self.budgets: dict[str, Budget] = {}

    def pending(self) -> list[Budget]:
        """Return the caller's own budget if this request has not been counted against it."""
        return [] if self.budgets or not self._own.limit else [self._own]

    def spend(self) -> None:
        """Count the request, once. Raise BudgetSpent."""
        if not self.budgets and self._own.limit:
            spend([self._own], self)


def spend(budgets: Sequence[Budget], caller: Caller | None = None) -> None:
    """Count a request against each budget in this order. Raise BudgetSpent for the first that is spent or paused."""
    now = time.time()
    minute, second = divmod(now, WINDOW_SECONDS)
    seconds_left = int(WINDOW_SECONDS - second) + 1
    keys: list[str] = []
    arguments = [int(now), _MAX_PAUSE_SECONDS, _KEEP_SECONDS]
    for one in budgets:
        keys += (_COUNT_KEY % (one.name, minute), _PAUSE_KEY % one.name)
        arguments.append(one.limit)
        if caller is not None:
            caller.budgets[one.policy] = one
    found = _run(keys, arguments)
    for one, count, reopens_at in zip(budgets, found[::2], found[1::2], strict=False):
        one.count, one.seconds_left = count, seconds_left
        if reopens_at:
            one.count, one.seconds_left = one.limit, max(reopens_at - int(now), 1)
        if reopens_at or 0 < one.limit < count:
            raise BudgetSpent(one, one.seconds_left)


def pause(name: str, seconds: int) -> int:
    """Refuse all requests of this budget for some seconds, and return how many: at least one, at most an hour."""
    seconds = max(min(seconds, _MAX_PAUSE_SECONDS), 1)
    cache.set(_PAUSE_KEY % name, int(time.time()) + seconds, timeout=seconds)
    return seconds


def remaining(name: str, limit: int) -> tuple[int, int]:
    """Return how many requests are left, and the seconds until there are more."""
    now = time.time()
    minute, second = divmod(now, WINDOW_SECONDS)
    reopens_at = int(cache.get(_PAUSE_KEY % name, 0))
    if now < reopens_at <= now + _MAX_PAUSE_SECONDS:
        return 0, reopens_at - int(now)
    left = limit - int(cache.get(_COUNT_KEY % (name, minute), 0))
    return max(left, 0), int(WINDOW_SECONDS - second) + 1


_thread = threading.local()


def _backend() -> BaseCache:
    """Return the thread's cache. Django finds it with ten calls."""
    backend: BaseCache | None = getattr(_thread, "backend", None)
    if backend is None:
        backend = _thread.backend = caches["default"]
    return backend


@receiver(setting_changed)
def _settings_changed(**_: object) -> None:
    global _thread
    _thread = threading.local()


def _run(keys: Sequence[str], arguments: Sequence[int]) -> list[int]:
    backend = _backend()
    if isinstance(backend, SharedCache):
        return backend.run(_SCRIPT, keys, arguments, _run_in)
    return _run_in(backend, keys, arguments)


def _run_in(store: BaseCache, keys: Sequence[str], arguments: Sequence[int]) -> list[int]:
    """Do what the script does in a cache of this process."""
    now, max_pause, keep_seconds, *limits = arguments
    found: list[int] = []
    for key, pause_key, limit in zip(keys[::2], keys[1::2], limits, strict=True):
        reopens_at: Any = store.get(pause_key, 0)
        if now < reopens_at <= now + max_pause:
            return [*found, 0, reopens_at]
        count = _increment(store, key, keep_seconds)
        found += [count, 0]
        if 0 < limit < count:
            break
    return found


def _increment(store: BaseCache, key: str, keep_seconds: int) -> int:
    try:
        return store.incr(key)
    except ValueError:  # the first request of the minute
        store.add(key, 0, timeout=keep_seconds)
    try:
        return store.incr(key)
    except ValueError:  # evicted between the two calls
        return 1
