"""Filters for amounts, days and moments; built in, no {% load %} needed. Moments and days are in the reader's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing import amounts
from billing.amounts import Amount

register = template.Library()


@register.filter
def money(minor: int | Amount | None, currency: str | None = None) -> SafeString:
    """ "$1,234.50 USD" from 123450 and "usd", or from an Amount; nothing for None.

    The exact number, as programs write it, is in the element's value.
    """
    amount = minor if isinstance(minor, Amount) else Amount(minor, currency)
    if amount.minor is None:
        return SafeString("")
    return format_html(
        '<data class="money" value="{}">{}</data>', amounts.plain(amount.minor, amount.currency), amount
    )


@register.filter
def currency_name(code: str | None) -> str:
    """ "US Dollar" for "usd"; nothing for a code that nobody knows."""
    return amounts.currency_name(code)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """A point in time to the second: "29 Oct 2025, 02:40:06 CET". The instant in UTC is in the element's datetime."""
    if value is None:
        return SafeString("")
    at = in_zone(value)
    return format_html(
        '<time datetime="{}" title="{}">{}, {}\u00a0{}</time>',
        _instant(value),
        zone_in_full(at),
        written_day(at),
        f"{at:%H:%M:%S}",
        zone_name(at),
    )


@register.filter
def day(value: date | None) -> SafeString:
    """A day, or the day of a moment: "29 Oct 2025"; of a moment, the time and the zone are in the title."""
    if value is None:
        return SafeString("")
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), written_day(value))
    at = in_zone(value)
    return format_html(
        '<time datetime="{}" title="{}, {}">{}</time>',
        _instant(value),
        f"{at:%H:%M:%S}",
        zone_in_full(at),
        written_day(at),
    )


@register.simple_tag
def now_moment() -> SafeString:
    """This moment, as `moment` writes it."""
    return moment(timezone.now())


def in_zone(value: datetime) -> datetime:
    """A moment in the reader's zone; near the first and the last year, where zones end, in UTC."""
    try:
        return value.astimezone(_zone())
    except (OverflowError, ValueError):
        return value.astimezone(UTC)


def written_day(value: date) -> str:
    """ "29 Oct 2025" of a date, or of a moment in its own zone."""
    return f"{value.day} {value:%b} {value.year:04d}"


def zone_name(at: datetime) -> str:
    """What a clock's zone is called there and then: "CET", "CEST", "UTC"; "UTC+05:45" where it has no letters."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{offset_of(at)}"


def offset_of(at: datetime) -> str:
    """How far ahead of UTC a zone is there and then: "+05:45"."""
    written = f"{at:%z}"
    return f"{written[:3]}:{written[3:5]}"


def zone_in_full(at: datetime) -> str:
    """ "Europe/Berlin, UTC+01:00"."""
    offset = f"UTC{offset_of(at)}"
    name = str(at.tzinfo)
    return "UTC" if name == "UTC" else f"{name}, {offset}"


def _zone() -> tzinfo:
    return timezone.get_current_timezone()


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
