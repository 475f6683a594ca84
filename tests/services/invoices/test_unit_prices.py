"""Unit prices from invoices."""

from __future__ import annotations

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.unit_prices import unit_amounts


def test_price_comes_from_the_newest_invoice() -> None:
    newest = Invoice(id="in_2", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=7),))
    oldest = Invoice(id="in_1", currency="usd", lines=(InvoiceLine(price_id="p", unit_amount=5),))

    found = unit_amounts([newest, oldest])

    assert (found["p"].minor, found["p"].currency, found["p"].invoice.id) == (7, "usd", "in_2")


def test_lines_without_a_price_are_ignored() -> None:
    assert unit_amounts([Invoice(lines=None), Invoice(lines=(InvoiceLine(price_id="p"),))]) == {}
