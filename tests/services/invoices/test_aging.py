"""Open invoices by days late."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.aging import Bucket, Item, aging_by_currency

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)

invoices = st.builds(
    Invoice,
    status=st.sampled_from(["open", "open", "paid", "draft", None]),
    currency=st.sampled_from(["usd", "USD", "zar", None]),
    amount_due=st.none() | st.integers(-(10**30), 10**30),
    amount_paid=st.none() | st.integers(0, 10**30),
    due_date=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(st.lists(invoices, max_size=40), st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]))
def test_every_open_invoice_is_in_one_bucket(rows: list[Invoice], zone: str) -> None:
    found = aging_by_currency(rows, ZoneInfo(zone), NOW)

    expected: Counter[str] = Counter()
    for row in rows:
        if row.status == "open" and (row.amount_due is None or row.amount_due > (row.amount_paid or 0)):
            expected[(row.currency or "").lower()] += 1
    assert {part.currency: len(part.items) for part in found} == dict(expected)
    for part in found:
        totals = part.buckets.values()
        assert sum(total.amount for total in totals) == part.total.amount
        assert sum(total.count for total in totals) == part.total.count == len(part.items)
        assert sum(item.remaining or 0 for item in part.items) == part.total.amount
        assert sum(total.without_amount for total in totals) == part.total.without_amount


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, Bucket.NOT_DUE),
        (0, Bucket.NOT_DUE),
        (1, Bucket.TO_30),
        (30, Bucket.TO_30),
        (31, Bucket.TO_60),
        (60, Bucket.TO_60),
        (61, Bucket.TO_90),
        (90, Bucket.TO_90),
        (91, Bucket.OVER_90),
        (None, Bucket.NO_DATE),
    ],
)
def test_bucket_limits(days: int | None, bucket: Bucket) -> None:
    assert Item(Invoice(), 1, days).bucket is bucket


def test_days_depend_on_the_readers_zone() -> None:
    late_evening = Invoice(status="open", due_date=datetime(2026, 3, 14, 23, tzinfo=UTC))

    (utc,) = aging_by_currency([late_evening], UTC, NOW)
    (johannesburg,) = aging_by_currency([late_evening], ZoneInfo("Africa/Johannesburg"), NOW)

    assert utc.items[0].days_overdue == 1
    assert johannesburg.items[0].days_overdue == 0


def test_paid_part_is_not_owed() -> None:
    (part,) = aging_by_currency([Invoice(status="open", amount_due=100, amount_paid=30)], UTC, NOW)

    assert part.total.amount == 70


def test_most_overdue_invoice_is_first() -> None:
    rows = [Invoice(status="open", due_date=due) for due in (NOW, None, NOW - timedelta(days=40))]

    (part,) = aging_by_currency(rows, UTC, NOW)

    assert [item.days_overdue for item in part.items] == [40, 0, None]


def test_invoice_without_a_due_date_ages_from_its_creation() -> None:
    rows = [Invoice(status="open", created_at=NOW - timedelta(days=days)) for days in (31, 0)]

    (part,) = aging_by_currency(rows, UTC, NOW)

    assert [(item.days_overdue, item.bucket) for item in part.items] == [
        (31, Bucket.TO_60),
        (0, Bucket.NOT_DUE),
    ]
