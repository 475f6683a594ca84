"""The ages of open invoices: every one in exactly one bucket, and totals that are the sum of the rows listed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.ageing import Bucket, Item, ages

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
def test_every_open_invoice_is_in_one_bucket_and_totals_are_the_rows(rows: list[Invoice], zone: str) -> None:
    found = ages(rows, ZoneInfo(zone), NOW)

    by_hand: Counter[str] = Counter()
    for row in rows:
        if row.status == "open" and (row.amount_due is None or row.amount_due > (row.amount_paid or 0)):
            by_hand[(row.currency or "").lower()] += 1
    assert {part.currency: len(part.items) for part in found} == dict(by_hand)
    for part in found:
        assert sum(heap.amount for heap in part.heaps.values()) == part.whole.amount
        assert sum(heap.count for heap in part.heaps.values()) == part.whole.count == len(part.items)
        assert sum(item.owed or 0 for item in part.items) == part.whole.amount
        assert sum(heap.untold for heap in part.heaps.values()) == part.whole.untold


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
        (None, Bucket.NO_DUE_DATE),
    ],
)
def test_the_borders_of_the_buckets(days: int | None, bucket: Bucket) -> None:
    assert Item(Invoice(), 1, days).bucket is bucket


def test_a_day_is_the_readers() -> None:
    late_evening = Invoice(status="open", due_date=datetime(2026, 3, 14, 23, tzinfo=UTC))

    (utc,) = ages([late_evening], UTC, NOW)
    (johannesburg,) = ages([late_evening], ZoneInfo("Africa/Johannesburg"), NOW)

    assert utc.items[0].days_late == 1
    assert johannesburg.items[0].days_late == 0


def test_what_is_paid_of_an_invoice_is_not_owed() -> None:
    (part,) = ages([Invoice(status="open", amount_due=100, amount_paid=30)], UTC, NOW)

    assert part.whole.amount == 70


def test_the_latest_stand_first_and_those_without_a_due_date_last() -> None:
    rows = [Invoice(status="open", due_date=due) for due in (NOW, None, NOW - timedelta(days=40))]

    (part,) = ages(rows, UTC, NOW)

    assert [item.days_late for item in part.items] == [40, 0, None]
