"""Formats of amounts, dates and times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.rendering import formats
from tests.html import text


def test_amount_has_its_plain_number_as_value() -> None:
    assert formats.money(-123450, "usd") == (
        '<data class="money" value="-1234.50">\u2212$1,234.50\u00a0USD</data>'
    )
    assert formats.money(Amount(5, "jpy")) == '<data class="money" value="5">¥5\u00a0JPY</data>'


def test_missing_amount_is_empty() -> None:
    assert formats.money(None, "usd") == formats.money(Amount(None, "usd")) == ""


def test_currency_is_escaped() -> None:
    assert "&lt;B&gt;" in formats.money(1, "<b>")
    assert text(formats.money(1, "<b>")) == "1 <B> minor units"


@pytest.mark.parametrize(("code", "name"), [("usd", "US Dollar"), ("EUR", "Euro"), ("xqz", ""), ("", "")])
def test_currency_name(code: str, name: str) -> None:
    assert formats.currency_name(code) == name


@pytest.mark.parametrize(
    ("shown", "html"),
    [
        ("ada.l@mail.example · ACME", "ada<wbr>.l<wbr>@mail<wbr>.example · ACME"),
        ("No. 5 <b>", "No. 5 &lt;b&gt;"),
        ("o'hara@x.example", "o&#x27;hara<wbr>@x<wbr>.example"),
    ],
)
def test_email_address_may_continue_on_the_next_line_before_its_signs(shown: str, html: str) -> None:
    assert formats.breakable(shown) == html


def test_time_is_in_utc_by_default() -> None:
    at = datetime(2025, 10, 29, 2, 40, 6, tzinfo=fixed(timedelta(hours=2)))

    assert formats.moment(at) == (
        '<time datetime="2025-10-29T00:40:06Z" title="UTC">29 Oct 2025, 00:40:06\u00a0UTC</time>'
    )


@pytest.mark.parametrize(
    ("zone", "at", "written", "title"),
    [
        ("Europe/Berlin", "2026-03-29T00:59:59", "29 Mar 2026, 01:59:59 CET", "Europe/Berlin, UTC+01:00"),
        ("Europe/Berlin", "2026-03-29T01:00:00", "29 Mar 2026, 03:00:00 CEST", "Europe/Berlin, UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00", "25 Oct 2026, 02:30:00 CEST", "Europe/Berlin, UTC+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00", "25 Oct 2026, 02:30:00 CET", "Europe/Berlin, UTC+01:00"),
        ("Asia/Kolkata", "2026-06-30T18:30:00", "1 Jul 2026, 00:00:00 IST", "Asia/Kolkata, UTC+05:30"),
        (
            "Asia/Kathmandu",
            "2026-06-30T18:30:00",
            "1 Jul 2026, 00:15:00 UTC+05:45",
            "Asia/Kathmandu, UTC+05:45",
        ),
        (
            "America/Sao_Paulo",
            "2026-01-01T02:00:00",
            "31 Dec 2025, 23:00:00 UTC-03:00",
            "America/Sao_Paulo, UTC-03:00",
        ),
        (
            "Australia/Lord_Howe",
            "2026-04-04T15:15:00",
            "5 Apr 2026, 01:45:00 UTC+10:30",
            "Australia/Lord_Howe, UTC+10:30",
        ),
        (
            "Africa/Johannesburg",
            "2026-01-01T22:00:00",
            "2 Jan 2026, 00:00:00 SAST",
            "Africa/Johannesburg, UTC+02:00",
        ),
    ],
)
def test_time_is_in_the_readers_zone(zone: str, at: str, written: str, title: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        shown = formats.moment(datetime.fromisoformat(at).replace(tzinfo=UTC))

    assert text(shown) == written
    assert f'datetime="{at}Z"' in shown
    assert f'title="{title}"' in shown


def test_day_of_a_time_depends_on_the_readers_zone() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)

    assert text(formats.day(late)) == "28 Mar 2026"
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert text(formats.day(late)) == "29 Mar 2026"
        assert 'datetime="2026-03-28T23:30:00Z" title="00:30:00, Europe/Berlin' in formats.day(late)


def test_date_is_the_same_in_every_zone() -> None:
    with timezone.override(ZoneInfo("Pacific/Auckland")):
        assert formats.day(date(2026, 3, 28)) == '<time datetime="2026-03-28">28 Mar 2026</time>'


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("at", [datetime.min, datetime.max], ids=["first", "last"])
def test_first_and_last_year_can_be_formatted(at: datetime, zone: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert f"{at.year:04d}" in formats.moment(at.replace(tzinfo=UTC))


def test_missing_time_is_empty() -> None:
    assert formats.moment(None) == formats.day(None) == ""
