"""The difference between two invoices in words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.comparison import compare
from billing.services.invoices.explanation import doubts, explain, gaps, summary

pytestmark = pytest.mark.sqlite_only


def _invoice(number: str, *lines: dict[str, Any], **fields: Any) -> Invoice:
    """Return an invoice of what its lines charge, unless `fields` say something else."""
    rows = [{"price_id": "price_a", "product_name": "Users", **line} for line in lines]
    total = sum(row["amount"] for row in rows)
    sums = {"subtotal": total, "total": total, "amount_due": fields.get("total", total)}
    return Invoice.from_json({"number": number, "currency": "usd", "lines": rows, **sums, **fields})


TEN = {"amount": 10000, "quantity": 10, "unit_amount": 1000}
TWELVE = {"amount": 12000, "quantity": 12, "unit_amount": 1000}
TIERS = {"amount": 9750, "quantity": 12}
OTHER = {"amount": 500, "price_id": "price_b", "product_name": "SSO"}
PRORATION = {"amount": 2000, "proration": True}
NO_QUANTITY = "Altostrat does not provide both quantities, so quantity and price cannot be separated."
OFF = {"discount_amount": 1000, "total": 9000, "discount_names": ["Coupon"]}
MORE_OFF = {"discount_amount": 2000, "total": 8000, "discount_names": ["Coupon"]}


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (_invoice("A", TEN), _invoice("B", TWELVE), ["From 10 to 12, at $10.00 USD."]),
        (
            _invoice("A", TIERS),
            _invoice("B", TIERS | {"quantity": 13, "amount": 10563}),
            ["From 12 to 13, at the old average price."],
        ),
        (
            _invoice("A", TEN),
            _invoice("B", TIERS),
            [
                "From 10 to 12, at $10.00 USD.",
                "The rest of the difference. Tiers or decimal prices apply, so there is no single unit amount.",
            ],
        ),
        (_invoice("A", TEN), _invoice("B", TEN, OTHER), ["Only on invoice B."]),
        (_invoice("A", OTHER, TEN), _invoice("B", OTHER), ["Only on invoice A: 10 at $10.00 USD."]),
        (_invoice("A", TEN), _invoice("B", TEN, PRORATION), ["For a part of a period, only on invoice B."]),
        (_invoice("A", TEN, PRORATION), _invoice("B", TEN), ["For a part of a period, only on invoice A."]),
        (_invoice("A", TEN), _invoice("B", TEN, **OFF), ["Begins with invoice B."]),
        (_invoice("A", TEN, **OFF), _invoice("B", TEN), ["Ended after invoice A."]),
        (_invoice("A", TEN, **OFF), _invoice("B", TEN, **MORE_OFF), ["From $10.00 USD to $20.00 USD."]),
        (
            _invoice("A", TEN, amount_due=7000),
            _invoice("B", TEN),
            ["Credit reduces the amount due: by $0.00 USD, formerly by $30.00 USD."],
        ),
        (_invoice("A", {"amount": 1}), _invoice("B", {"amount": 2}), [NO_QUANTITY]),
        (
            _invoice("A", TEN),
            _invoice("B", TEN, total=10001),
            ["Lines, discount and tax do not add up to the total."],
        ),
    ],
)
def test_each_part_has_a_sentence(old: Invoice, new: Invoice, sentences: list[str]) -> None:
    comparison = compare(old, new)

    assert comparison is not None
    assert [explain(comparison, part).replace("\xa0", " ") for part in comparison.parts] == sentences


def test_tax_names_the_rates_that_follow_from_the_amounts() -> None:
    old = _invoice("A", TEN, tax=2000, total=12000)
    new = _invoice("B", TWELVE, tax=1187, total=13187)
    comparison = compare(old, new)

    assert comparison is not None
    assert [explain(comparison, part).replace("\xa0", " ") for part in comparison.parts[1:]] == [
        "On $120.00 USD instead of $100.00 USD, at the old rate of 20%.",
        "From 20% to about 9.89% of $120.00 USD.",
    ]


@pytest.mark.parametrize(
    ("due", "sentence"),
    [
        (10000, "Invoice B of 1 Mar 2026 asks for $100.00 USD, the same as invoice A."),
        (10050, "Invoice B of 1 Mar 2026 asks for $100.50 USD, $0.50 USD more than invoice A."),
        (9950, "Invoice B of 1 Mar 2026 asks for $99.50 USD, $0.50 USD less than invoice A."),
    ],
)
def test_summary_names_both_amounts_and_dates(due: int, sentence: str) -> None:
    new = _invoice("B", TEN, amount_due=due, created_at="2026-03-01T00:00:00Z")
    comparison = compare(_invoice("A", TEN), new)

    assert comparison is not None
    assert summary(comparison, UTC).replace("\xa0", " ") == sentence


def test_doubts_are_named() -> None:
    comparison = compare(_invoice("A", TEN, total=10001), _invoice("B", TEN | {"price_id": None}))

    assert comparison is not None
    assert doubts(comparison) == (
        "The amounts of invoice A do not add up.",
        "A line without a price ID can only be matched by its subscription item, if it has one.",
    )


def test_invoices_of_two_subscriptions_may_have_no_price_in_common() -> None:
    comparison = compare(_invoice("A", TEN), _invoice("B", OTHER))

    assert comparison is not None
    assert doubts(comparison) == (
        "The invoices have no price in common. They may belong to different subscriptions.",
    )
    item = {"subscription_item": "si_1"}
    same_item = compare(_invoice("A", TEN | item), _invoice("B", OTHER | item))
    assert same_item is not None
    assert doubts(same_item) == ()


def test_invoices_that_can_be_compared_have_no_gaps() -> None:
    assert gaps(_invoice("A", TEN), _invoice("B")) == ()
    assert gaps(_invoice("A", TEN), _invoice("B", currency="")) != ()
