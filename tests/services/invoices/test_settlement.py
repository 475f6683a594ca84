"""What remains of an invoice, and how its total is settled."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices import settlement

pytestmark = pytest.mark.sqlite_only

amounts = st.integers(0, 10**30)


def _invoice(status: str = "open", **fields: Any) -> Invoice:
    return Invoice.from_json({"status": status, **fields})


@given(amounts, amounts, amounts)
def test_parts_add_up_to_the_total(paid: int, remaining: int, credit: int) -> None:
    total = paid + remaining + credit
    invoice = _invoice(total=total, amount_due=paid + remaining, amount_paid=paid)
    sent = _invoice(total=total, amount_due=paid + remaining, amount_paid=paid, amount_remaining=remaining)
    still_due = _invoice(total=total, amount_due=remaining, amount_paid=paid, amount_remaining=remaining)

    for one in (invoice, sent, still_due):
        assert settlement.remaining(one) == remaining
        assert settlement.credit(one) == credit
        assert settlement.overpaid(one) == 0


@pytest.mark.parametrize(
    ("fields", "remaining"),
    [
        ({"total": 37800, "amount_due": 37800, "amount_paid": 12600}, 25200),
        ({"amount_due": 37800, "amount_paid": 12600, "amount_remaining": 20000}, 20000),
        ({"amount_due": 37800}, 37800),
        ({"amount_due": 37800, "amount_paid": None}, 37800),
        ({"amount_due": 37800, "amount_paid": "12600"}, None),
        ({"amount_due": 37800, "amount_paid": -5}, None),
        ({"amount_due": "37800", "amount_paid": 0}, None),
        ({"total": 37800, "amount_paid": 12600}, None),
        ({"amount_due": 100, "amount_paid": 130}, 0),
        ({"amount_due": -500}, 0),
        ({"amount_due": 100, "amount_remaining": None}, 100),
        ({"amount_due": 100, "amount_remaining": -1}, 100),
        ({"amount_due": 100, "amount_remaining": "70"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_remaining_of_an_open_invoice(fields: dict[str, Any], remaining: int | None) -> None:
    assert settlement.remaining(_invoice(**fields)) == remaining
    assert settlement.remaining(_invoice("uncollectible", **fields)) == remaining
    assert settlement.remaining(_invoice("void", **fields)) == 0
    assert settlement.remaining(_invoice("draft", **fields)) is None


@pytest.mark.parametrize(
    ("fields", "remaining"),
    [
        ({"amount_due": 100}, 0),
        ({}, 0),
        ({"amount_due": 100, "amount_paid": 0, "amount_remaining": 100}, 100),
    ],
    ids=str,
)
def test_remaining_of_a_paid_invoice(fields: dict[str, Any], remaining: int) -> None:
    assert settlement.remaining(_invoice("paid", **fields)) == remaining


@pytest.mark.parametrize(
    ("fields", "credit"),
    [
        ({"total": 50000, "amount_due": 30000, "amount_paid": 30000}, 20000),
        ({"total": 50000, "amount_due": 0, "amount_paid": 50000}, 0),
        ({"total": 50000, "amount_due": 0, "amount_paid": 0}, 50000),
        ({"total": 100, "amount_due": 150, "amount_paid": 0}, -50),
        ({"total": 100}, 0),
        ({"amount_due": 100}, 0),
        ({"total": "100", "amount_due": 70}, 0),
        (
            {
                **{"total": 100, "amount_due": 100, "amount_paid": 0, "amount_remaining": 0},
                **{"paid_out_of_band": True},
            },
            0,
        ),
    ],
    ids=str,
)
def test_credit(fields: dict[str, Any], credit: int) -> None:
    assert settlement.credit(_invoice("paid", **fields)) == credit
    assert settlement.credit(_invoice("void", **fields)) == 0


def test_credit_notes_are_a_part_of_the_credit() -> None:
    invoice = _invoice(total=100, amount_due=60, pre_payment_credit_notes_amount=30)

    assert (settlement.credit_notes(invoice), settlement.credit(invoice)) == (30, 40)
    assert (
        settlement.credit_notes(_invoice(total=100, amount_due=90, pre_payment_credit_notes_amount=30)) == 10
    )


def test_overpayment() -> None:
    assert settlement.overpaid(_invoice(total=100, amount_due=100, amount_paid=130)) == 30
    assert settlement.overpaid(_invoice(total=100, amount_due=100, amount_paid="130")) == 0


def test_an_amount_that_remains_and_is_none_is_not_known() -> None:
    sent = {"status": "open", "total": 500, "amount_due": 500, "amount_remaining": "400"}

    assert settlement.remaining(Invoice.from_json(sent)) is None


@pytest.mark.parametrize(("sent", "shown"), [(700, 700), (0, 0), (None, 0), ("7", 0), (-7, 0)])
def test_what_is_overpaid_may_be_counted_apart(sent: object, shown: int) -> None:
    paid = {"status": "paid", "total": 500, "amount_due": 500, "amount_paid": 500, "amount_overpaid": sent}

    assert settlement.overpaid(Invoice.from_json(paid)) == shown
