"""The totals of expected bills."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.subscriptions import Subscription
from billing.services.reports.expected_bills import ExpectedBill, totals
from billing.services.scans.search_index import Entry

pytestmark = pytest.mark.sqlite_only

ACCOUNT = Entry("account", "cus_1", "ACME", "ws_1", "Workspace")


def bill(days: int, amount: int | None = 100, currency: str = "usd") -> ExpectedBill:
    return ExpectedBill(ACCOUNT, Subscription(), datetime(2026, 3, 1, tzinfo=UTC), days, amount, currency)


def test_windows_include_their_last_day() -> None:
    first, both = totals([bill(0), bill(30), bill(31), bill(90), bill(91)])

    assert (first.days, first.count, first.amount) == (30, 2, 200)
    assert (both.days, both.count, both.amount) == (90, 4, 400)


def test_unknown_amounts_are_counted_apart() -> None:
    first, _ = totals([bill(1), bill(2, None), bill(3, -40)])

    assert (first.count, first.amount, first.without_amount) == (3, 60, 1)


bills = st.builds(
    bill,
    st.integers(0, 90),
    st.none() | st.integers(-(10**20), 10**20),
    st.sampled_from(["usd", "jpy", "kwd", ""]),
)


@given(st.lists(bills))
def test_totals_equal_the_rows(rows: list[ExpectedBill]) -> None:
    for total in totals(rows):
        own = [row.amount for row in rows if row.currency == total.currency and row.days <= total.days]
        assert total.amount == sum(amount or 0 for amount in own)
        assert (total.count, total.without_amount) == (len(own), own.count(None))
    assert sum(total.count for total in totals(rows) if total.days == 90) == len(rows)
