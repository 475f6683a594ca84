"""Retry-After is read as seconds or as a date, and never believed beyond a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from billing.altostrat.http.retry_after import seconds_of


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("86401", 86400),
        ("9" * 5000, 86400),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Sat, 01 Jan 2000 00:00:00 -0000", 0),
    ],
)
def test_it_reads(header: str, seconds: int) -> None:
    assert seconds_of(header) == seconds


def test_it_reads_a_date_to_come() -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    seconds = seconds_of(header)

    assert seconds is not None
    assert 88 <= seconds <= 90


@pytest.mark.parametrize(
    "header",
    [None, "", "soon", "-1", "+1", "1.5", "1e3", "0x10", "\u0661", "Thu, 99 Foo 2026", "2026-11-23", "1, 2"],
)
def test_it_knows_nothing_of(header: str | None) -> None:
    assert seconds_of(header) is None
