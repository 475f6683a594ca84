"""Retry-After is read as seconds or as a date, and limited to a day."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Self

import pytest

from billing.altostrat.http import retry_after
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
def test_valid_values(header: str, seconds: int) -> None:
    assert seconds_of(header) == seconds


def test_a_date_in_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=tz)

    monkeypatch.setattr(retry_after, "datetime", Clock)

    assert seconds_of("Mon, 23 Nov 2026 12:01:30 GMT") == 90


@pytest.mark.parametrize(
    "header",
    [None, "", "soon", "-1", "+1", "1.5", "1e3", "0x10", "\u0661", "Thu, 99 Foo 2026", "2026-11-23", "1, 2"],
)
def test_invalid_values(header: str | None) -> None:
    assert seconds_of(header) is None
