"""Filters that format amounts, dates and times. Times are shown in the reader's time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import escape
from typing import Final

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from billing import amounts, masks
from billing.amounts import Amount
from billing.services import dates

register = template.Library()

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")


@register.filter
def money(minor: int | Amount | None, currency: str | None = None) -> SafeString:
    """Return "$1,234.50 USD" for 123450 and "usd", or for an Amount; empty for None.

    The value attribute has the plain number: "1234.50".
    """
    amount = minor if isinstance(minor, Amount) else Amount(minor, currency)
    if amount.minor is None:
        return SafeString("")
    return _data(amounts.plain(amount.minor, amount.currency), str(amount))


@register.filter
def number(minor: int, currency: str) -> SafeString:
    """Return "1,234.50" for 123450 and "usd", in a table whose title names the currency."""
    return _data(amounts.plain(minor, currency), amounts.format_number(minor, currency))


@register.filter
def thousands(count: int) -> str:
    """Return "1,049" for 1049."""
    return f"{count:,}"


@register.filter
def currency_name(code: str | None) -> str:
    """Return "US Dollar" for "usd"; empty for an unknown code."""
    return amounts.currency_name(code)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Return "29 Oct 2025, 02:40:06 CET". The datetime attribute has the same instant in UTC."""
    if value is None:
        return SafeString("")
    at = in_zone(value)
    shown = f"{dates.format_day(at)}, {at:%H:%M:%S}\u00a0{zone_name(at)}"
    return SafeString(f'<time datetime="{_instant(value)}" title="{escape(zone_label(at))}">{shown}</time>')


@register.filter
def day(value: date | None) -> SafeString:
    """Return "29 Oct 2025" for a date or a datetime. The title of a datetime has its time and zone."""
    if value is None:
        return SafeString("")
    if not isinstance(value, datetime):
        return SafeString(f'<time datetime="{value.isoformat()}">{dates.format_day(value)}</time>')
    at = in_zone(value)
    title = escape(f"{at:%H:%M:%S}, {zone_label(at)}")
    return SafeString(f'<time datetime="{_instant(value)}" title="{title}">{dates.format_day(at)}</time>')


@register.filter
def masked(text: str, is_masked: bool) -> str:
    """Return a text of Altostrat; for people who see personal data masked, with masks."""
    return masks.free_text(text) if is_masked else text


@register.filter
def breakable(text: str) -> SafeString:
    """Return a text whose email addresses may continue on the next line before "@" and "."."""
    escaped = escape(text)
    if "@" not in escaped:
        return SafeString(escaped)
    return SafeString(_EMAIL.sub(lambda found: re.sub(r"(?=[@.])", "<wbr>", found[0]), escaped))


@register.simple_tag
def current_moment() -> SafeString:
    """Return the current time, formatted like `moment`."""
    return moment(timezone.now())


def in_zone(value: datetime) -> datetime:
    """Return the same instant in the reader's zone."""
    return dates.in_zone(value, timezone.get_current_timezone())


def zone_name(at: datetime) -> str:
    """Return the abbreviation at that instant: "CET", "CEST"; "UTC+05:45" for zones that have none."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{dates.utc_offset(at)}"


def zone_label(at: datetime) -> str:
    """Return "Europe/Berlin, UTC+01:00"."""
    offset = f"UTC{dates.utc_offset(at)}"
    name = str(at.tzinfo)
    return "UTC" if name == "UTC" else f"{name}, {offset}"


def _data(value: str, shown: str) -> SafeString:
    return SafeString(f'<data class="money" value="{value}">{escape(shown)}</data>')


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
