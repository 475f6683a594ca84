"""Refusals of nobody we know. Anybody on the network can cause them, as many as they like, and each row holds the end
of the audit for a moment: the first few of an address in a minute are rows in full, all others of that minute are one.

The counts are in the shared cache. What waits there is written down by whoever comes by: the next refusal, the next
sign-in, a reader of the audit, `clear_sessions`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from django.core.cache import cache

from billing.services import audit
from billing.services.actor import Door

IN_FULL: Final = 10
_DAY: Final = 24 * 3600
_HOUR: Final = 3600
# A request that comes by writes down so many sums and no more: it has work of its own.
_AT_ONCE: Final = 20
_LAST: Final = "audit-refusals:last"
_WRITTEN: Final = "audit-refusals:written"


class _Crowd(NamedTuple):
    """One minute of one place."""

    minute: int
    verb: str
    door: str
    place: str

    @property
    def counter(self) -> str:
        """Where the cache counts it."""
        return f"audit-refusals:{self.minute}:{self.verb}:{self.door}:{self.place}"


def record(
    verb: str, *, door: Door, detail: str = "", request_id: str = "", address: str | None = None
) -> None:
    """Notes that nobody we know was refused: as a row of its own, or as one more in the sum of this minute."""
    write_down_what_waits()
    crowd = _Crowd(_this_minute(), verb, door.value, _place(address))
    number = _increased(crowd.counter, _HOUR)
    if number <= IN_FULL:
        audit.record_unattended(
            verb, audit.Outcome.REFUSED, door=door, detail=detail, request_id=request_id, address=address
        )
    elif number == IN_FULL + 1:
        cache.touch(crowd.counter, _DAY)
        cache.set(f"{_LAST}:{_increased(_LAST, None)}", tuple(crowd), _DAY)


def write_down_what_waits() -> None:
    """One row for each minute and place that is over and had more refusals than were written in full."""
    last, written = cache.get(_LAST, 0), cache.get(_WRITTEN, 0)
    first = written + 1 if written <= last else 1  # the cache was emptied, and counts anew
    for number in range(first, min(last, first + _AT_ONCE - 1) + 1):
        found = cache.get(f"{_LAST}:{number}")
        crowd = _Crowd(*found) if found else None
        if crowd is not None and crowd.minute >= _this_minute():
            return
        if crowd is not None and cache.add(f"{crowd.counter}:written", 1, _DAY):
            _write_sum(crowd)
        cache.set(_WRITTEN, number, None)


def _write_sum(crowd: _Crowd) -> None:
    more = cache.get(crowd.counter, 0) - IN_FULL
    at = datetime.fromtimestamp(crowd.minute * 60, UTC)
    whence = f" from {crowd.place}" if "/" in crowd.place else ""
    try:
        audit.record_unattended(
            crowd.verb,
            audit.Outcome.REFUSED,
            door=Door(crowd.door),
            detail=f"{more} more were refused{whence} in the minute of {at:%Y-%m-%d %H:%M} UTC",
            address=crowd.place.partition("/")[0] or None,
        )
    except BaseException:
        cache.delete(f"{crowd.counter}:written")
        raise


def _this_minute() -> int:
    return int(time.time()) // 60


def _place(address: str | None) -> str:
    """The address; of IPv6 its network, of which one person has all addresses."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return ""
    return str(known) if known.version == 4 else str(ip_network((known, 64), strict=False))


def _increased(counter: str, timeout: int | None) -> int:
    cache.add(counter, 0, timeout)
    try:
        return cache.incr(counter)
    except ValueError:  # evicted between the two calls
        return 1
