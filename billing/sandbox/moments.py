"""Timestamps in Altostrat's formats, and calendar months."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """Return `2026-11-23T22:13:24.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def short_stamp(moment: datetime) -> str:
    """Return `2026-11-23T22:13:24Z`. Altostrat uses both formats."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day this many months later, or the last day of that month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
