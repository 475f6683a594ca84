"""What accounts owe, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.aging import items_of
from billing.services.invoices.owed import Owed, owed_on, totals_owed

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 1, tzinfo=UTC)


def invoice(
    due: datetime | None = DUE, amount: int | None = 1000, currency: str = "usd", **more: object
) -> Invoice:
    return Invoice(
        **{"status": "open", "currency": currency, "amount_due": amount, "due_date": due, **more}  # type: ignore[arg-type]
    )


def test_amounts_oldest_date_and_days() -> None:
    found = [
        invoice(amount=1234, currency="KWD"),
        invoice(DUE - timedelta(days=5), 500, "jpy"),
        invoice(DUE + timedelta(days=90), 7000, amount_paid=2500),
        invoice(amount=None),
        invoice(status="paid"),
        invoice(status="draft"),
    ]

    assert owed_on(found, UTC, NOW) == Owed(
        {"jpy": 500, "kwd": 1234, "usd": 4500}, 1, DUE - timedelta(days=5), 35
    )


@pytest.mark.parametrize(("days", "late"), [(-1, 1), (0, None), (1, None)])
def test_invoice_that_is_due_today_is_not_late(days: int, late: int | None) -> None:
    assert owed_on([invoice(NOW + timedelta(days=days))], UTC, NOW).days_late == late


def test_days_are_those_of_the_zone() -> None:
    due = invoice(datetime(2026, 3, 31, 2, tzinfo=UTC))

    assert owed_on([due], ZoneInfo("America/New_York"), NOW).days_late == 1


def test_nothing_is_owed() -> None:
    assert owed_on([], UTC, NOW) == Owed({})


invoices = st.builds(
    invoice,
    st.none() | st.integers(-400, 400).map(lambda days: NOW + timedelta(days=days)),
    st.none() | st.integers(0, 10**20),
    st.sampled_from(["usd", "USD", "jpy", "kwd", ""]),
    status=st.sampled_from(["open", "open", "paid", "void", "draft"]),
)


@given(st.lists(st.lists(invoices, max_size=6), max_size=6))
def test_totals_equal_accounts_and_invoices(found: list[list[Invoice]]) -> None:
    accounts = [owed_on(one, UTC, NOW) for one in found]
    items = [item for one in found for item in items_of(one, UTC, NOW)]

    totals = totals_owed(accounts)

    assert sum(totals.values()) == sum(item.remaining or 0 for item in items)
    for currency, total in totals.items():
        assert total == sum(one.amounts.get(currency, 0) for one in accounts)
        assert total == sum(item.remaining or 0 for item in items if item.currency == currency)
