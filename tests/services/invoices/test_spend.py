"""Monthly spend."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.spend import INCLUDED, monthly_spend, sum_rows

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def _invoice(total: int | None, created: datetime | None, status: str | None = "paid") -> Invoice:
    return Invoice(status=status, total=total, currency="usd", created_at=created)


invoices = st.builds(
    Invoice,
    status=st.sampled_from([*INCLUDED, "draft", "void", "disputed", None]),
    currency=st.sampled_from(["usd", "USD", "zar", "xqz", None]),
    total=st.none() | st.integers(-(10**30), 10**30),
    created_at=st.none() | st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)


@given(st.lists(invoices, max_size=40), st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]))
def test_every_invoice_is_counted_once(rows: list[Invoice], zone: str) -> None:
    spend = monthly_spend(rows, ZoneInfo(zone), NOW)

    counted = [row for row in rows if row.status in INCLUDED and row.total is not None]
    expected: Counter[str] = Counter()
    for row in counted:
        expected[(row.currency or "").lower()] += row.total or 0
    assert {currency.currency: currency.total.total for currency in spend.currencies} == dict(expected)
    others = spend.without_total + sum(spend.excluded.values()) + sum(spend.unknown.values())
    assert sum(currency.total.count for currency in spend.currencies) + others == len(rows)
    for currency in spend.currencies:
        assert currency.total.total == sum(row.total for row in currency.rows)
        cut = len(currency.rows) // 2
        parts = sum_rows(currency.rows[:cut]).total + sum_rows(currency.rows[cut:]).total
        assert parts == currency.total.total


@given(st.lists(invoices, max_size=40))
def test_months_have_no_gaps(rows: list[Invoice]) -> None:
    for currency in monthly_spend(rows, UTC, NOW).currencies:
        months = [row.month[0] * 12 + row.month[1] for row in currency.rows if row.month]
        assert months == list(range(months[0], months[-1] + 1)) if months else True
        assert [row.month for row in currency.rows].count(None) <= 1


def test_month_depends_on_the_readers_zone() -> None:
    midnight = _invoice(100, datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    here = monthly_spend([midnight], ZoneInfo("Africa/Johannesburg"), NOW).currencies[0]

    assert here.rows[0].month == (2026, 2)
    assert monthly_spend([midnight], UTC, NOW).currencies[0].rows[0].month == (2026, 1)


def test_drafts_and_voided_invoices_are_excluded() -> None:
    spend = monthly_spend(
        [_invoice(5, NOW, "draft"), _invoice(6, NOW, "void"), _invoice(7, NOW, "odd")], UTC, NOW
    )

    assert spend.currencies == ()
    assert spend.excluded == {"draft": 1, "void": 1}
    assert spend.unknown == {"odd": 1}


@pytest.mark.parametrize("created", [None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_invoice_without_a_possible_date_has_its_own_row(created: datetime | None) -> None:
    currency = monthly_spend([_invoice(100, created), _invoice(1, NOW)], UTC, NOW).currencies[0]

    assert [(row.month, row.total) for row in currency.rows] == [((2026, 3), 1), (None, 100)]
