"""The aging of all accounts, from the details that a scan stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.services.invoices.aging import Bucket, sum_of
from billing.services.reports.aging import by_currency
from billing.services.scans import summaries
from billing.services.scans.store import Document

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def details(name: str, *invoices: Document, currency: str = "usd", **sent: Any) -> Document:
    account = BillingAccount(id=f"cus_{name}", name=name, currency=currency, extra=sent)
    summary = summaries.account(account, {"id": "ws_1", "name": "ACME"})
    return {"account": summary, "invoices": list(invoices), "has_older": False}


def invoice(due: str | None = None, amount: int = 6000, **more: Any) -> Document:
    return {"id": "in_1", "status": "open", "currency": "usd", "amount_due": amount, "due_date": due, **more}


@pytest.mark.parametrize(
    ("due", "days", "bucket"),
    [
        ("2026-04-30", -30, Bucket.NOT_DUE),
        ("2026-03-31", 0, Bucket.NOT_DUE),
        ("2026-03-01", 30, Bucket.TO_30),
        ("2026-02-28", 31, Bucket.TO_60),
        ("2026-01-30", 60, Bucket.TO_60),
        ("2026-01-29", 61, Bucket.TO_90),
        ("2025-12-30", 91, Bucket.OVER_90),
        ("2016-12-30", 3378, Bucket.OVER_90),
    ],
)
def test_invoice_is_in_the_bucket_of_its_days(due: str, days: int, bucket: Bucket) -> None:
    (part,) = by_currency([details("a", invoice(f"{due}T00:00:00Z"))], UTC, NOW)

    assert part.invoices[0].item.days_overdue == days
    assert {name: total.amount for name, total in part.buckets.items() if total.count} == {bucket: 6000}


def test_what_remains_counts() -> None:
    part_paid = invoice("2026-03-01T00:00:00Z", total=10000, amount_due=10000, amount_paid=4000)

    (part,) = by_currency([details("a", part_paid)], UTC, NOW)

    assert part.total.amount == 6000


@pytest.mark.parametrize("status", ["draft", "void", "paid", "uncollectible", "later"])
def test_only_open_invoices_count(status: str) -> None:
    assert by_currency([details("a", invoice("2026-03-01T00:00:00Z", status=status))], UTC, NOW) == ()


def test_days_are_those_of_the_zone() -> None:
    found = details("a", invoice("2026-03-31T02:00:00Z"))

    (utc,) = by_currency([found], UTC, NOW)
    (new_york,) = by_currency([found], ZoneInfo("America/New_York"), NOW)

    assert utc.invoices[0].item.days_overdue == 0
    assert new_york.invoices[0].item.days_overdue == 1


def test_credit_is_not_subtracted() -> None:
    rows = [details("a", invoice(), balance=-2500), details("b", balance=-100), details("c", balance=700)]

    (part,) = by_currency(rows, UTC, NOW)

    assert [(row.account.name, row.total.amount, row.credit) for row in part.accounts] == [
        ("a", 6000, 2500),
        ("b", 0, 100),
    ]
    assert part.without_credit == 0


def test_credit_is_in_the_currency_of_the_account() -> None:
    euros = details("a", invoice(currency="eur"), invoice(currency="usd"), balance=-2500)

    assert [(part.currency, part.accounts[0].credit) for part in by_currency([euros], UTC, NOW)] == [
        ("eur", 0),
        ("usd", 2500),
    ]


def test_credit_that_altostrat_does_not_send_is_unknown() -> None:
    (part,) = by_currency([details("a", invoice())], UTC, NOW)

    assert part.accounts[0].credit is None
    assert part.without_credit == 1


def test_accounts_are_sorted_by_amount_and_invoices_by_days() -> None:
    small = details("small", invoice("2026-01-01T00:00:00Z", 1))
    large = details("large", invoice("2026-03-01T00:00:00Z", 2), invoice("2026-02-01T00:00:00Z", 3))

    (part,) = by_currency([small, large], UTC, NOW)

    assert [row.account.name for row in part.accounts] == ["large", "small"]
    assert [one.item.remaining for one in part.invoices] == [1, 3, 2]


documents = st.builds(
    lambda rows, balance: details("a", *rows, balance=balance),
    st.lists(
        st.builds(
            invoice,
            st.none() | st.integers(-4000, 4000).map(lambda days: (NOW + timedelta(days=days)).isoformat()),
            st.integers(0, 10**20),
            currency=st.sampled_from(["usd", "USD", "jpy", "kwd", None]),
            status=st.sampled_from(["open", "open", "paid", "draft"]),
            amount_paid=st.integers(0, 10**20),
        ),
        max_size=10,
    ),
    st.none() | st.integers(-(10**9), 10**9),
)


@given(st.lists(documents, max_size=8))
def test_buckets_accounts_and_invoices_add_up(found: list[Document]) -> None:
    owed: dict[str, int] = {}
    for one in (row for document in found for row in document["invoices"]):
        rest = one["amount_due"] - one["amount_paid"]
        if one["status"] == "open" and rest > 0:
            currency = (one["currency"] or "").lower()
            owed[currency] = owed.get(currency, 0) + rest

    report = by_currency(found, UTC, NOW)

    assert {part.currency: part.total.amount for part in report if part.total.count} == owed
    for part in report:
        assert part.is_balanced
        assert sum_of(part.buckets.values()) == part.total
        assert sum(one.item.remaining or 0 for one in part.invoices) == part.total.amount
