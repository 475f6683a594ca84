"""Moments as Altostrat writes them, and months as people count them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """`2026-11-23T22:13:24.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def short_stamp(moment: datetime) -> str:
    """`2026-11-23T22:13:24Z`: Altostrat writes both."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """The moment of a stamp."""
    return datetime.fromisoformat(text)


def add_months(moment: datetime, months: int) -> datetime:
    """So many months later, on the same day or, where there is none, on the last of the month."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
