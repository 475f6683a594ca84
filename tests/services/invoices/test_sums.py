"""Checks of the amounts of an invoice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.sums import differences, sum_of_lines

pytestmark = pytest.mark.sqlite_only

amounts = st.integers(-(10**30), 10**30)


@given(st.lists(amounts, min_size=1), st.none() | amounts, st.none() | amounts)
def test_correct_invoice_has_no_differences(lines: list[int], discount: int | None, tax: int | None) -> None:
    subtotal = sum(lines)
    invoice = Invoice(
        lines=tuple(InvoiceLine(amount=amount) for amount in lines),
        subtotal=subtotal,
        discount_amount=discount,
        tax=tax,
        total=subtotal - (discount or 0) + (tax or 0),
    )

    assert differences(invoice) == ()


def test_documented_sample_does_not_add_up() -> None:
    sample = Invoice(
        lines=(InvoiceLine(amount=1000, currency="usd"),),
        currency="usd",
        subtotal=1099,
        discount_amount=100,
        tax=0,
        total=999,
    )

    (found,) = differences(sample)

    assert (found.computed, found.sent) == (1000, 1099)


def test_wrong_total_is_reported() -> None:
    (found,) = differences(Invoice(subtotal=100, tax=20, total=100))

    assert (found.field, found.computed, found.sent) == ("total", 120, 100)


def test_incomplete_sum_is_not_checked() -> None:
    other = Invoice(currency="usd", lines=(InvoiceLine(amount=1, currency="zar"),), subtotal=5)
    without_amount = Invoice(currency="usd", lines=(InvoiceLine(amount=None),), subtotal=5)

    assert sum_of_lines(other) is None
    assert [differences(invoice) for invoice in (other, without_amount, Invoice())] == [(), (), ()]
