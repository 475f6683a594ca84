"""Unit prices from invoices."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.unit_prices import unit_amounts

pytestmark = pytest.mark.sqlite_only


def test_price_comes_from_the_newest_invoice() -> None:
    newest = Invoice(id="in_2", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=7),))
    oldest = Invoice(id="in_1", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=5),))

    found = unit_amounts([newest, oldest])

    assert (found["p"].minor, found["p"].currency, found["p"].invoice.id) == (7, "usd", "in_2")


def test_lines_without_a_price_are_ignored() -> None:
    assert unit_amounts([Invoice(lines=None), Invoice(lines=(InvoiceLine(price_id="p"),))]) == {}


def _line(
    unit: object = 6000, quantity: object = 2, amount: object = 12000, **extra: object
) -> dict[str, Any]:
    return {"price_id": "p", "unit_amount": unit, "quantity": quantity, "amount": amount, **extra}


def _price(*lines: dict[str, Any], status: str = "paid", older: dict[str, Any] | None = None) -> int | None:
    rows = [{"status": status, "currency": "usd", "lines": list(lines)}]
    rows += [{"status": "paid", "currency": "usd", "lines": [older]}] if older else []
    found = unit_amounts([Invoice.from_json(row) for row in rows])
    return found["p"].minor if "p" in found else None


@pytest.mark.parametrize(
    "line",
    [
        _line(description="2 x Users (Tier 1 at $60.00 / month)"),
        _line(description="First 2 Users"),
        _line(price={"unit_amount": 5000}),
        _line(quantity=0, amount=0),
        _line(quantity=-2, amount=-12000),
        _line(unit_amount_decimal="6000.5", amount=12001),
    ],
)
def test_ambiguous_amount_is_no_price(line: dict[str, Any]) -> None:
    assert _price(line) is None
    assert _price(line, older=_line(5000, 2, 10000)) is None
    assert _price(_line(price={"unit_amount": 6000}, unit_amount_decimal="6000.00")) == 6000


@pytest.mark.parametrize("status", ["canceled", "refunded", "OPEN", "Draft", "VOID", "deleted"])
def test_invoice_with_an_undocumented_status_has_no_prices(status: str) -> None:
    assert _price(_line(), status=status) is None
    assert _price(_line(), status=status, older=_line(5000, 2, 10000)) == 5000


@pytest.mark.parametrize(
    "line",
    [
        _line(-6000, 1, -6000),
        _line(-6000, 1, -6000, description="Unused time on 5 x Users after 3 Nov"),
        _line(4000, 2, 8000, description="Remaining time on 5 x Users after 3 Nov"),
        _line(4000, 2, 8000, proration=True),
        _line(4000, 2, 8000, proration="true"),
        _line(4000, 2, 8000, is_proration=True),
        _line(4000, 2, 8000, description="Anteilig: 2 Users"),
        _line(4000, 2, 8000, description="2 Users (pro rata)"),
        _line(4000, 2, 8000, parent={"subscription_item_details": {"proration": True}}),
        _line(4000, 2, 8000, proration_details={"credited_items": {"invoice": "in_1"}}),
        _line(4000, 2, 8000, type="invoiceitem"),
        _line(4000, 2, 8001),
        _line(0, 2, 0),
        _line(4000, 0, 0),
        _line(4000, -2, -8000),
        _line("4000"),
        _line(quantity="2"),
        _line(amount="12000"),
        _line(None),
        _line(price={"billing_scheme": "tiered"}),
        _line(plan={"tiers_mode": "graduated"}),
        _line(price={"transform_quantity": {"divide_by": 10, "round": "up"}}),
        _line(unit_amount_decimal="6000.4"),
        _line(price={"unit_amount_decimal": "5999.5"}),
        _line(pricing={"type": "price_details", "unit_amount_decimal": "6000.4"}),
    ],
    ids=str,
)
def test_line_that_is_not_a_whole_period_is_no_price(line: dict[str, Any]) -> None:
    assert _price(line) is None


def test_price_that_is_the_same_for_each_unit_is_shown() -> None:
    price = {"billing_scheme": "per_unit", "tiers_mode": None, "unit_amount_decimal": "6000"}

    assert _price(_line(price=price, unit_amount_decimal="6000.0")) == 6000


def test_price_of_an_older_invoice_is_shown_if_the_newest_has_only_prorations() -> None:
    marked = _line(-6000, 1, -6000, proration=True)

    assert _price(marked, older=_line()) == 6000
    assert _price(marked, _line()) == 6000
    assert _price(_line(-6000, 1, -6000), _line()) is None, "a credit that nothing explains"
    assert _price(_line(-6000, 1, -6000), older=_line()) is None


def test_two_amounts_for_one_price_are_no_price() -> None:
    assert _price(_line(), _line(5000, 1, 5000)) is None
    assert _price(_line(), _line(currency="eur")) is None
    assert _price(_line(), _line()) == 6000


@pytest.mark.parametrize("status", ["draft", "void"])
def test_invoice_that_was_not_charged_has_no_price(status: str) -> None:
    assert _price(_line(), status=status) is None


@given(st.lists(st.builds(_line, *[st.none() | st.integers(-3, 3)] * 3), max_size=4))
def test_price_is_positive_and_on_every_line(lines: list[dict[str, Any]]) -> None:
    price = _price(*lines)

    assert price is None or (price > 0 and {line["unit_amount"] for line in lines} == {price})
