"""What a later read of the invoices says about a promise to pay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.altostrat.resources.invoices import Invoice
from billing.services.follow_ups.promises import (
    Progress,
    Promise,
    Promised,
    State,
    covered_invoices,
    progress,
)

pytestmark = pytest.mark.sqlite_only

DAY = date(2026, 3, 14)
BEFORE = datetime(2026, 3, 13, 12, tzinfo=UTC)
AFTER = datetime(2026, 3, 15, 12, tzinfo=UTC)


def invoice(number: int, remaining: int, status: str = "open", **fields: Any) -> Invoice:
    row = {
        "id": f"in_{number}",
        "status": status,
        "currency": "usd",
        "amount_due": remaining,
        "amount_paid": 0,
    }
    return Invoice.from_json(row | fields)


def promise(amount: int | None = None, **invoices: int) -> Promise:
    amounts = {} if amount is None else {"usd": amount}
    return Promise(DAY, amounts, {name: Promised("usd", left) for name, left in invoices.items()})


def state(one: Promise, *invoices: Invoice, at: datetime, read_at: datetime | None = None) -> Progress:
    return progress(one, invoices, read_at or at, zone=UTC, now=at)


@pytest.mark.parametrize(
    ("at", "remaining", "expected", "left"),
    [
        (BEFORE, 44_000, State.OPEN, 4_000),  # promised 100, 60 paid on the day before
        (AFTER, 44_000, State.BROKEN, 4_000),
        (BEFORE, 40_000, State.KEPT, 0),
        (AFTER, 40_000, State.KEPT, 0),
        (AFTER, 50_000, State.BROKEN, 10_000),
    ],
)
def test_promise_of_an_amount(at: datetime, remaining: int, expected: State, left: int) -> None:
    found = state(promise(10_000, in_1=50_000), invoice(1, remaining), at=at)

    assert (found.state, found.left.get("usd", 0)) == (expected, left)


def test_promise_without_an_amount_is_kept_when_nothing_is_open() -> None:
    one = promise(in_1=100, in_2=200)

    assert state(one, invoice(1, 100), invoice(2, 200, "paid"), at=AFTER).left == {"usd": 100}
    assert state(one, invoice(1, 100, "paid"), invoice(2, 200, "void"), at=AFTER).state is State.KEPT


def test_new_invoices_do_not_break_a_promise() -> None:
    assert state(promise(in_1=100), invoice(1, 100, "paid"), invoice(2, 900), at=AFTER).state is State.KEPT


def test_read_from_before_the_end_of_the_day_breaks_no_promise() -> None:
    found = state(promise(in_1=100), invoice(1, 100), at=AFTER, read_at=datetime(2026, 3, 14, 23, tzinfo=UTC))

    assert found.state is State.UNKNOWN


def test_invoice_that_was_not_read_breaks_no_promise() -> None:
    assert state(promise(in_1=100), at=AFTER).state is State.UNKNOWN
    assert state(promise(in_1=100, in_2=1), invoice(1, 100), at=AFTER).state is State.BROKEN
    assert state(promise(100, in_1=100, in_2=200), invoice(1, 100), at=AFTER).state is State.UNKNOWN
    assert progress(promise(in_1=100), None, None, zone=UTC, now=AFTER).state is State.UNKNOWN
    assert progress(promise(in_1=100), None, None, zone=UTC, now=BEFORE).state is State.OPEN


def test_day_ends_in_the_zone_of_the_reader() -> None:
    one, at = promise(in_1=100), datetime(2026, 3, 15, 2, tzinfo=UTC)
    zones = {"Europe/Berlin": State.BROKEN, "America/New_York": State.OPEN}
    for name, expected in zones.items():
        assert progress(one, [invoice(1, 100)], at, zone=ZoneInfo(name), now=at).state is expected


def test_promise_covers_open_invoices_that_are_due_by_its_day() -> None:
    invoices = (
        invoice(1, 100, due_date="2026-03-14T00:00:00Z"),
        invoice(2, 100, due_date="2026-03-15T00:00:00Z"),
        invoice(3, 100, "paid"),
        invoice(4, 100, due_date="2026-01-01T00:00:00Z", amount_paid=40),
        invoice(5, 100),
    )

    assert covered_invoices(invoices, DAY, UTC, BEFORE) == {
        "in_1": Promised("usd", 100),
        "in_4": Promised("usd", 60),
        "in_5": Promised("usd", 100),
    }
    assert len(covered_invoices(invoices, DAY + timedelta(days=1), UTC, BEFORE)) == 4
