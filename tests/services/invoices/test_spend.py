"""Monthly spend: every invoice in exactly one place, and totals that are the sum of their rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.spend import COUNTED, added_up, monthly

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def _invoice(total: int | None, created: datetime | None, status: str | None = "paid") -> Invoice:
    return Invoice(status=status, total=total, currency="usd", created_at=created)


invoices = st.builds(
    Invoice,
    status=st.sampled_from([*COUNTED, "draft", "void", "disputed", None]),
    currency=st.sampled_from(["usd", "USD", "zar", "xqz", None]),
    total=st.none() | st.integers(-(10**30), 10**30),
    created_at=st.none() | st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)


@given(st.lists(invoices, max_size=40), st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]))
def test_every_invoice_is_counted_once_and_totals_are_their_rows(rows: list[Invoice], zone: str) -> None:
    spend = monthly(rows, ZoneInfo(zone), NOW)

    counted = [row for row in rows if row.status in COUNTED and row.total is not None]
    by_hand: Counter[str] = Counter()
    for row in counted:
        by_hand[(row.currency or "").lower()] += row.total or 0
    assert {ledger.currency: ledger.whole.total for ledger in spend.ledgers} == dict(by_hand)
    others = spend.without_total + sum(spend.left_out.values()) + sum(spend.unknown.values())
    assert sum(ledger.whole.count for ledger in spend.ledgers) + others == len(rows)
    for ledger in spend.ledgers:
        assert ledger.whole.total == sum(row.total for row in ledger.rows)
        cut = len(ledger.rows) // 2
        parts = added_up(ledger.rows[:cut]).total + added_up(ledger.rows[cut:]).total
        assert parts == ledger.whole.total


@given(st.lists(invoices, max_size=40))
def test_months_follow_one_another_without_gaps(rows: list[Invoice]) -> None:
    for ledger in monthly(rows, UTC, NOW).ledgers:
        months = [row.month[0] * 12 + row.month[1] for row in ledger.rows if row.month]
        assert months == list(range(months[0], months[-1] + 1)) if months else True
        assert [row.month for row in ledger.rows].count(None) <= 1


def test_a_month_is_the_readers() -> None:
    midnight = _invoice(100, datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    here = monthly([midnight], ZoneInfo("Africa/Johannesburg"), NOW).ledgers[0]

    assert here.rows[0].month == (2026, 2)
    assert monthly([midnight], UTC, NOW).ledgers[0].rows[0].month == (2026, 1)


def test_drafts_and_voids_are_left_out_and_counted_as_such() -> None:
    spend = monthly([_invoice(5, NOW, "draft"), _invoice(6, NOW, "void"), _invoice(7, NOW, "odd")], UTC, NOW)

    assert spend.ledgers == ()
    assert spend.left_out == {"draft": 1, "void": 1}
    assert spend.unknown == {"odd": 1}


@pytest.mark.parametrize("created", [None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_an_invoice_without_a_possible_date_has_a_row_of_its_own(created: datetime | None) -> None:
    ledger = monthly([_invoice(100, created), _invoice(1, NOW)], UTC, NOW).ledgers[0]

    assert [(row.month, row.total) for row in ledger.rows] == [((2026, 3), 1), (None, 100)]
