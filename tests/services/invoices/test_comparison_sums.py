"""Properties of the comparison of any two invoices."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.comparison import Cause, compare

pytestmark = pytest.mark.sqlite_only


def _invoice(lines: list[dict[str, Any]], credit: int, tax: int, discount: int) -> Invoice:
    """Return an invoice whose amounts add up."""
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - discount + tax
    sums = {"subtotal": subtotal, "total": total, "amount_due": total - credit}
    return Invoice.from_json(
        {"id": "in_1", "currency": "usd", "lines": lines, "tax": tax, "discount_amount": discount, **sums}
    )


_small, _any = st.integers(-50, 50), st.integers(-(10**20), 10**20)
_lines = st.fixed_dictionaries(
    {"amount": _small | _any, "product_name": st.just("Users")},
    optional={
        "quantity": st.none() | st.integers(-3, 1000),
        "unit_amount": st.none() | _small | _any,
        "price_id": st.sampled_from([None, "a", "b"]),
        "subscription_item": st.sampled_from(["si_1", "si_2"]),
        "proration": st.booleans(),
        "type": st.sampled_from(["invoiceitem", "subscription"]),
    },
)
_amounts = st.none() | _small | _any
_invoices = st.builds(
    Invoice.from_json,
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["in_1", "in_2"]),
            "currency": st.just("usd"),
            "lines": st.lists(_lines, min_size=1, max_size=6),
            "total": _any,
            "amount_due": _any,
            "tax": _amounts,
            "discount_amount": _amounts,
            "discount_names": st.lists(st.sampled_from("AB")),
        }
    ),
)
_adding_up = st.builds(
    _invoice,
    st.lists(_lines, min_size=1, max_size=6),
    _any,
    st.integers(0, 10**20),
    st.integers(0, 10**20),
)


@given(_invoices, _invoices)
def test_parts_always_sum_to_the_difference(old: Invoice, new: Invoice) -> None:
    comparison = compare(old, new)

    assert comparison is not None
    assert sum(part.amount for part in comparison.parts) == comparison.new.due - comparison.old.due
    assert all(type(part.amount) is int and part.amount for part in comparison.parts)


@given(_adding_up, _adding_up)
def test_nothing_but_lines_without_quantity_is_unexplained_if_both_invoices_add_up(
    old: Invoice, new: Invoice
) -> None:
    comparison = compare(old, new)

    assert comparison is not None
    assert sum(part.amount for part in comparison.parts) == comparison.difference
    assert all(part.before for part in comparison.parts if part.cause is Cause.UNEXPLAINED)


@given(_adding_up)
def test_an_invoice_does_not_differ_from_itself(invoice: Invoice) -> None:
    comparison = compare(invoice, invoice)

    assert comparison is not None
    assert {part.cause for part in comparison.parts} <= {
        Cause.PRORATION
    }  # those of the former go, others arrive
