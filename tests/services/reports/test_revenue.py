"""Recurring revenue and its movements, from the details that a scan stores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.invoices.recurring import month_number
from billing.services.reports.recurring_amounts import AccountRevenue, NotCounted, account_revenues
from billing.services.reports.revenue import MonthRevenue, Movement, months_of, rounded
from billing.services.scans import summaries
from billing.services.scans.search_index import Entry
from billing.services.scans.store import Document

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def subscription(
    amount: int = 1000,
    quantity: int = 1,
    interval: str | None = "month",
    status: str = "active",
    price: str = "price_m",
    **more: Any,
) -> tuple[Document, int]:
    """Return a subscription of one product, and the unit amount of its price."""
    count = {"interval_count": more.pop("count")} if "count" in more else {}
    item = {"price_id": price, "quantity": quantity, "interval": interval, **count}
    products = {"product_quantities": {"users": item}}
    return {"id": "sub_1", "status": status, "currency": "usd", **products, **more}, amount


def invoice(day: str, amount: int, quantity: int = 1, price: str | None = "price_m", **more: Any) -> Document:
    line = {"amount": amount, "quantity": quantity, "unit_amount": amount // quantity, "price_id": price}
    return {
        "id": f"in_{day}",
        "status": "paid",
        "currency": "usd",
        "created_at": f"{day}T03:15:00Z",
        "lines": [{**line, **more.pop("line", {})}],
        **more,
    }


def details(
    *subscriptions: tuple[Document, int], invoices: tuple[Document, ...] = (), name: str = "a"
) -> Document:
    """Return the details of an account. Without invoices of its own, the prices are those of another one."""
    parsed = [Subscription.from_json(one) for one, _ in subscriptions]
    newest_first = sorted(map(Invoice.from_json, invoices), key=lambda one: str(one.created_at), reverse=True)
    found = summaries.recurring(newest_first, summaries.short_prices(parsed), NOW)
    for one, amount in subscriptions:
        for item in one["product_quantities"].values():
            if amount:
                found["units"].setdefault(item["price_id"], [amount, one["currency"]])
    return {
        "account": summaries.account(BillingAccount(id=f"cus_{name}", name=name), {"id": "ws_1"}),
        "subscriptions": [summaries.subscription(one) for one in parsed],
        "recurring": found,
    }


def report(*documents: Document) -> tuple[list[MonthRevenue], tuple[NotCounted, ...]]:
    revenues, not_counted = account_revenues(documents, NOW)
    return list(months_of(revenues, month_number(NOW))), not_counted


def now(*documents: Document) -> int:
    months, _ = report(*documents)
    return months[-1].figures.end if months else 0


@pytest.mark.parametrize(
    ("found", "cents"),
    [
        (subscription(99900, 3, "year"), 24975),
        (subscription(100000, 3, "year"), 25000),
        (subscription(240000, 1, "year", count=2), 10000),
        (subscription(1000, 1, "week"), 4333),
        (subscription(1000, 1, "month", count=3), 333),
        (subscription(1000, 10), 10000),
    ],
)
def test_amount_per_month(found: tuple[Document, int], cents: int) -> None:
    assert now(details(found)) == cents


def test_thirds_of_several_customers_are_rounded_once() -> None:
    assert now(*(details(subscription(100000, 1, "year"), name=name) for name in "abc")) == 25000


@pytest.mark.parametrize("status", ["trialing", "unpaid", "canceled", "paused", "incomplete", "later"])
def test_only_active_and_past_due_count(status: str) -> None:
    assert now(details(subscription(status=status))) == 0


def test_past_due_is_at_risk() -> None:
    months, _ = report(details(subscription(700, status="past_due"), subscription(300, price="price_n")))

    assert (months[-1].figures.end, months[-1].figures.at_risk) == (1000, 700)


@pytest.mark.parametrize(
    "stripe",
    [
        {"trial_end": "2026-03-30T00:00:00Z"},
        {"ended_at": "2026-03-01T00:00:00Z"},
        {"pause_collection": {"behavior": "void"}},
    ],
)
def test_fields_of_stripe_decide_as_well(stripe: Document) -> None:
    assert now(details(subscription(**stripe))) == 0


def test_unknown_interval_and_price_are_not_counted_and_named() -> None:
    months, missed = report(
        details(subscription(interval="fortnight"), name="a"),
        details(subscription(0, price="price_x"), name="b"),
    )

    assert months == []
    assert [(one.account.name, one.subscription_id, one.what, one.why) for one in missed] == [
        ("a", "sub_1", "1 users", "How often it is billed is not known"),
        ("b", "sub_1", "1 users", "Its price is not known"),
    ]


def test_contradictory_intervals_of_a_price_are_not_counted_on_invoices() -> None:
    months, missed = report(
        details(subscription(), invoices=(invoice("2026-02-01", 1000),)),
        details(subscription(interval="year", status="canceled"), name="b"),
    )

    assert [month.month for month in months] == [month_number(NOW)]
    assert missed[0].what == "Invoices with price_m"


def test_price_with_tiers_counts_as_billed_last() -> None:
    tiers = {"unit_amount": 50}
    found = details(subscription(0), invoices=(invoice("2026-03-02", 4700, line=tiers),))

    assert now(found) == 4700


def movements(*days: str, current: int = 0) -> dict[str, Mapping[Movement, int]]:
    """Return the movements by month of an account that was billed on these days, and now costs something."""
    bills = tuple(invoice(day, 1000) for day in days)
    status = "active" if current else "canceled"
    months, _ = report(details(subscription(current or 1000, status=status), invoices=bills))
    return {
        f"{one.month // 12}-{one.month % 12 + 1}": {
            name: amount for name, amount in one.figures.movements.items() if amount
        }
        for one in months
    }


def test_new_then_expansion_then_contraction_then_churn() -> None:
    bills = (("2025-10-31", 1000), ("2025-11-30", 1500), ("2025-12-31", 1200))
    found = details(
        subscription(status="canceled"), invoices=tuple(invoice(day, amount) for day, amount in bills)
    )

    months, _ = report(found)

    assert [
        (
            one.figures.start,
            {name: amount for name, amount in one.figures.movements.items() if amount},
            one.figures.end,
        )
        for one in months
    ] == [
        (0, {Movement.NEW: 1000}, 1000),
        (1000, {Movement.EXPANSION: 500}, 1500),
        (1500, {Movement.CONTRACTION: -300}, 1200),
        (1200, {Movement.CHURN: -1200}, 0),
        (0, {}, 0),
        (0, {}, 0),
    ]


def test_revenue_after_a_month_without_is_a_reactivation() -> None:
    assert movements("2025-11-05", "2026-01-05", "2026-02-05", current=1000) == {
        "2025-11": {Movement.NEW: 1000},
        "2025-12": {Movement.CHURN: -1000},
        "2026-1": {Movement.REACTIVATION: 1000},
        "2026-2": {},
        "2026-3": {},
    }


def test_customer_from_before_the_report_is_a_reactivation() -> None:
    assert movements("2020-05-05", "2026-02-05", current=1000)["2026-2"] == {Movement.REACTIVATION: 1000}


def test_cancelling_one_of_two_subscriptions_is_a_contraction() -> None:
    both = (invoice("2026-02-01", 1000), invoice("2026-02-02", 500, price="price_n"))
    months, _ = report(
        details(subscription(1000), subscription(500, status="canceled", price="price_n"), invoices=both)
    )

    assert months[-1].figures.movements[Movement.CONTRACTION] == -500
    assert months[-1].figures.movements[Movement.CHURN] == 0


def test_yearly_amount_counts_in_twelve_months() -> None:
    yearly = subscription(12000, interval="year", price="price_y")
    months, _ = report(details(yearly, invoices=(invoice("2025-06-15", 12000, price="price_y"),)))

    assert [one.figures.end for one in months] == [1000] * 10
    assert months[0].figures.movements[Movement.NEW] == 1000


def test_weekly_amount_counts_once_a_month() -> None:
    weekly = subscription(1000, interval="week", price="price_w")
    weeks = tuple(
        invoice(
            str((datetime(2026, 1, 2, tzinfo=UTC) + timedelta(weeks=number)).date()), 1000, price="price_w"
        )
        for number in range(9)
    )
    months, _ = report(details(weekly, invoices=weeks))

    assert [one.figures.end for one in months] == [4333, 4333, 4333]


def test_month_without_charge_is_not_churn() -> None:
    """A discount of 100 % takes the total to zero, not the lines."""
    free = invoice("2026-02-01", 1000, total=0, discount_amount=1000)

    months, _ = report(details(subscription(), invoices=(invoice("2026-01-01", 1000), free)))
    assert [one.figures.end for one in months] == [1000, 1000, 1000]


@pytest.mark.parametrize(
    "one",
    [
        invoice("2026-02-01", 1000, status="void"),
        invoice("2026-02-01", 1000, status="draft"),
        invoice("2026-02-01", 1000, line={"description": "Remaining time on Users after 3 Feb 2026"}),
        invoice("2026-02-01", 1000, line={"type": "invoiceitem"}),
        invoice("2026-02-01", 0),
    ],
)
def test_what_does_not_recur_does_not_count(one: Document) -> None:
    assert report(details(subscription(status="canceled"), invoices=(one,)))[0] == []


def test_currencies_are_never_added() -> None:
    currencies = ("usd", "jpy", "kwd")
    found = [
        details(subscription(100000, 1, "year", price=f"price_{code}", currency=code), name=code)
        for code in currencies
    ]
    months, _ = report(*found)

    # 100000 yen a year, and 100.000 dinars.
    assert {one.currency: one.figures.end for one in months} == dict.fromkeys(currencies, 8333)


fractions = st.fractions(min_value=0, max_value=10**12, max_denominator=1200)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["usd", "jpy", "kwd"]), st.lists(fractions | st.just(Fraction()), max_size=14)
        ),
        max_size=6,
    )
)
def test_movements_are_the_difference_of_months(found: list[tuple[str, list[Fraction]]]) -> None:
    current = month_number(NOW)
    revenues = []
    for number, (currency, amounts) in enumerate(found):
        account = account_of(number, currency)
        account.months = {current - age: amount for age, amount in enumerate(amounts)}
        revenues.append(account)

    months = list(months_of(revenues, current))

    for one in months:
        figures = one.figures
        assert one.start + sum(one.movements.values()) == one.end
        assert figures.start + sum(figures.movements.values()) == figures.end == rounded(one.end)
        assert all(abs(figures.movements[name] - exact) < 1 for name, exact in one.movements.items())
        assert one.end == sum(row.in_month(one.month) for row in revenues if row.currency == one.currency)
    for before, after in pairwise(months):
        if before.currency == after.currency:
            assert before.figures.end == after.figures.start


def account_of(number: int, currency: str) -> AccountRevenue:
    return AccountRevenue(Entry("account", f"cus_{number}", "ACME", "ws_1", "Workspace"), currency, None)
