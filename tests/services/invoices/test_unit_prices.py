"""Prices that invoices tell."""

from __future__ import annotations

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.unit_prices import unit_amounts


def test_the_newest_invoice_decides() -> None:
    newest = Invoice(id="in_2", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=7),))
    oldest = Invoice(id="in_1", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=5),))

    found = unit_amounts([newest, oldest])

    assert (found["p"].minor, found["p"].currency, found["p"].invoice.id) == (7, "usd", "in_2")


def test_lines_that_tell_no_price_are_passed_over() -> None:
    assert unit_amounts([Invoice(lines=None), Invoice(lines=(InvoiceLine(price_id="p"),))]) == {}
