"""Counts of refused unknown callers, per network and minute, in a cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

from django.core.cache.backends.base import BaseCache

# The number of refusals per network and minute that get a row of their own.
ROWS_PER_MINUTE: Final = 10
# Summaries are written by ordinary requests, so each writes only a few.
_SUMMARIES_PER_REQUEST: Final = 20
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_LAST: Final = "audit-refusals:last"
_WRITTEN: Final = "audit-refusals:written"


class Tally(NamedTuple):
    """The refusals that one summary row counts."""

    minute: int
    network: str
    verb: str
    door: str

    @property
    def rows_key(self) -> str:
        """The cache key of the network's rows; every verb and door shares it."""
        return f"audit-refusals:{self.minute}:{self.network}"

    @property
    def key(self) -> str:
        """The cache key of the refusals that have no row."""
        return f"{self.rows_key}:{self.verb}:{self.door}"


def network_of(address: str | None) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address, because one caller owns all of it."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), 64), strict=False))
    return str(ip)


class RefusalCounts:
    """Counts in one cache. Tallies are numbered, so that any process finds those without a summary."""

    def __init__(self, cache: BaseCache) -> None:
        self._cache = cache

    def admit(self, tally: Tally) -> bool:
        """Count one refusal. Return True if it gets a row, False if the summary includes it."""
        if self._increment(tally.rows_key, _HOUR) <= ROWS_PER_MINUTE:
            return True
        if self._increment(tally.key, _DAY) == 1:
            self._enqueue(tally)
        return False

    def pending(self, minute: int) -> Iterator[Tally]:
        """Yield tallies from before `minute` that have no summary yet, oldest first."""
        last, written = self._cache.get(_LAST, 0), self._cache.get(_WRITTEN, 0)
        first = written + 1 if written <= last else 1  # the cache was emptied and counts from 1 again
        for number in range(first, min(last, first + _SUMMARIES_PER_REQUEST - 1) + 1):
            found = _tally(self._cache.get(_slot(number)))
            if found and found.minute >= minute:
                return
            if found:
                yield found
            self._cache.set(_WRITTEN, number, None)

    @contextmanager
    def claim(self, tally: Tally) -> Iterator[int]:
        """Give the count to one caller, and 0 to all others. An exception releases the claim."""
        claim = f"{tally.key}:claimed"
        if not self._cache.add(claim, 1, _DAY):
            yield 0
            return
        try:
            yield self._cache.get(tally.key, 0)
        except BaseException:
            self._cache.delete(claim)
            raise

    def _enqueue(self, tally: Tally) -> None:
        """Give the tally a number. Its slot is filled before `_LAST` covers it, so that no reader skips it."""
        number = self._cache.get(_LAST, 0) + 1
        while not self._cache.add(_slot(number), tuple(tally), _DAY):
            number += 1
        self._cache.set(_LAST, number, None)

    def _increment(self, key: str, timeout: int) -> int:
        self._cache.add(key, 0, timeout)
        try:
            return self._cache.incr(key)
        except ValueError:  # evicted between the two calls
            return 1


def _tally(value: object) -> Tally | None:
    """Return the tally in a slot, or None if the slot is empty or holds something else."""
    if not isinstance(value, (list, tuple)) or [type(part) for part in value] != [int, str, str, str]:
        return None
    return Tally(*value)


def _slot(number: int) -> str:
    return f"audit-refusals:slot:{number}"
