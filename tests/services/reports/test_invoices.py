"""Selections of invoices, and their totals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.totals import totals
from billing.services.reports.invoices import Selection, currency_of
from billing.services.scans.invoice_export import AccountInvoice
from billing.services.scans.search_index import Entry

pytestmark = pytest.mark.sqlite_only

MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def row(currency: str | None = "usd", total: int | None = 1000, **more: object) -> AccountInvoice:
    invoice = Invoice(currency=currency, total=total, **{"status": "open", "amount_due": total, **more})  # type: ignore[arg-type]
    return AccountInvoice(Entry("account", "cus_1", "ACME", "ws_1", "Workspace"), invoice)


@pytest.mark.parametrize(
    ("selection", "is_selected"),
    [
        (Selection(), True),
        (Selection(status="open"), True),
        (Selection(status="paid"), False),
        (Selection(currency="usd"), True),
        (Selection(currency="eur"), False),
        (Selection(workspace_id="ws_1"), True),
        (Selection(workspace_id="ws_2"), False),
        (Selection(since=MARCH, until=APRIL), True),
        (Selection(since=APRIL), False),
        (Selection(until=MARCH), False),
        (Selection(minimum=Decimal("10.00"), maximum=Decimal("10.00")), True),
        (Selection(minimum=Decimal("10.01")), False),
        (Selection(maximum=Decimal("9.99")), False),
    ],
)
def test_selection(selection: Selection, is_selected: bool) -> None:
    assert selection.matches(row(currency="USD", created_at=MARCH)) is is_selected


@pytest.mark.parametrize(
    ("currency", "units"), [("jpy", "1000"), ("kwd", "1.000"), ("xqz", "1000"), (None, "1000")]
)
def test_amounts_are_compared_in_units_of_the_currency(currency: str | None, units: str) -> None:
    amount = Decimal(units)

    assert Selection(minimum=amount, maximum=amount).matches(row(currency))
    assert not Selection(minimum=amount + Decimal("0.001")).matches(row(currency))


def test_what_is_missing_matches_no_limit() -> None:
    bare = row(total=None)

    assert Selection().matches(bare)
    assert not Selection(since=MARCH).matches(bare)
    assert not Selection(minimum=Decimal(0)).matches(bare)


def test_drafts_and_missing_amounts_are_counted_apart() -> None:
    (total,) = totals(
        one.invoice for one in (row(), row(status="draft"), row(total=None), row(status="void"))
    )

    assert (total.count, total.total, total.without_total) == (4, 3000, 1)
    assert (total.remaining, total.without_remaining) == (1000, 2)


def test_paid_and_remaining_parts_are_added_per_currency() -> None:
    part_paid = {"total": 1000, "amount_due": 1000, "amount_paid": 400}
    found = [row(code, **part_paid).invoice for code in ("kwd", "jpy", "kwd")]

    assert [(one.currency, one.total, one.paid, one.remaining) for one in totals(found)] == [
        ("jpy", 1000, 400, 600),
        ("kwd", 2000, 800, 1200),
    ]


rows = st.builds(
    row,
    st.sampled_from(["usd", "USD", "jpy", "kwd", None]),
    st.none() | st.integers(-(10**20), 10**20),
    status=st.sampled_from(["open", "paid", "draft", "void"]),
)


@given(st.lists(rows))
def test_totals_equal_the_rows(found: list[AccountInvoice]) -> None:
    by_currency = {one.currency: one for one in totals(one.invoice for one in found)}

    assert sum(one.count for one in by_currency.values()) == len(found)
    for currency, total in by_currency.items():
        own = [one.invoice.total for one in found if currency_of(one) == currency]
        assert total.total == sum(amount or 0 for amount in own)
        assert total.without_total == own.count(None)
