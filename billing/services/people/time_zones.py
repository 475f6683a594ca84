"""The zone in which a person reads times, by its name in the IANA database: https://www.iana.org/time-zones."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from billing.services.actor import Actor

DEFAULT: Final = "UTC"
# The places of the world. Others ("Etc/GMT+5", "US/Pacific", "posixrules") are old, or mean other than they say.
_PLACES: Final = (
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
    """No zone is called that, or several are."""


def choose(actor: Actor, name: str) -> str:
    """From now on this person reads times in that zone, whose name in the database is given. Raises UnknownZone."""
    zone = named(name)
    actor.user.time_zone = zone
    actor.user.save(update_fields=["time_zone"])
    return zone


def zone_of(user: object) -> tzinfo:
    """The zone of a person; UTC for nobody, and for a zone that the database does not have any more."""
    name = getattr(user, "time_zone", DEFAULT)
    return ZoneInfo(name) if name in _by_name().values() else ZoneInfo(DEFAULT)


def named(text: str) -> str:
    """ "Europe/Berlin" for "europe/berlin" and for "Berlin". Raises UnknownZone."""
    wanted = "_".join(text.split()).casefold()
    if wanted in _by_name():
        return _by_name()[wanted]
    found = [name for name in _places() if name.rpartition("/")[2].casefold() == wanted]
    if len(found) != 1:
        raise UnknownZone
    return found[0]


def offered() -> list[tuple[str, str]]:
    """The zones to choose from, with their present distance from UTC: ("Europe/Berlin", "UTC+01:00")."""
    now = datetime.now(UTC)
    return [(name, _offset(now.astimezone(ZoneInfo(name)))) for name in (DEFAULT, *_places())]


def _offset(at: datetime) -> str:
    written = f"{at:%z}"
    return f"UTC{written[:3]}:{written[3:5]}"


@cache
def _by_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if name == DEFAULT or "/" in name}


@cache
def _places() -> tuple[str, ...]:
    return tuple(sorted(name for name in available_timezones() if name.startswith(_PLACES)))
