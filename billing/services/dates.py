"""Dates and times in a time zone, as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo


def in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    """Return the same instant in a zone, or in UTC at the ends of the calendar, where conversion overflows."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at.astimezone(UTC)


def format_day(day: date) -> str:
    """Return "29 Oct 2025". A datetime keeps its own zone."""
    return f"{day.day} {day:%b} {day.year:04d}"


def utc_offset(at: datetime) -> str:
    """Return "+05:45"."""
    text = f"{at:%z}"
    return f"{text[:3]}:{text[3:5]}"
