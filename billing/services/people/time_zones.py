"""The time zone of a person, by its name in the IANA database: https://www.iana.org/time-zones."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from billing.folding import fold
from billing.services.actor import Actor
from billing.services.dates import utc_offset

DEFAULT: Final = "UTC"
# Others ("Etc/GMT+5", "US/Pacific", "posixrules") are obsolete or misleading.
_REGIONS: Final = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


class UnknownZone(LookupError):
    """No zone has this name, or several have."""


def choose(actor: Actor, name: str) -> str:
    """Set the person's zone, and return its full name. Raise UnknownZone."""
    zone = find(name)
    actor.user.time_zone = zone
    actor.user.save(update_fields=["time_zone"])
    return zone


def zone_of(user: object) -> tzinfo:
    """Return a person's zone, or UTC for visitors and for a zone that the database does not have any more."""
    name = getattr(user, "time_zone", DEFAULT)
    return ZoneInfo(name) if name in _names() else ZoneInfo(DEFAULT)


def find(text: str) -> str:
    """Return "Europe/Berlin" for "europe/berlin" and for "Berlin". Raise UnknownZone."""
    name = fold(text).replace(" ", "_")
    if name in _by_name():
        return _by_name()[name]
    matches = [zone for zone in _in_regions() if fold(zone.rpartition("/")[2]) == name]
    if len(matches) != 1:
        raise UnknownZone
    return matches[0]


def choices(now: datetime) -> list[tuple[str, str]]:
    """Return the zones with their present offsets: ("Europe/Berlin", "UTC+01:00")."""
    names = (DEFAULT, *_in_regions())
    return [(name, f"UTC{utc_offset(now.astimezone(ZoneInfo(name)))}") for name in names]


@cache
def _by_name() -> dict[str, str]:
    return {fold(name): name for name in available_timezones() if name == DEFAULT or "/" in name}


@cache
def _names() -> frozenset[str]:
    return frozenset(_by_name().values())


@cache
def _in_regions() -> tuple[str, ...]:
    return tuple(sorted(name for name in available_timezones() if name.startswith(_REGIONS)))
