"""The totals of a list of invoices, per currency. They equal its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.settlement import amount_paid, remaining


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """The sums of one currency ("" if there is none), and the numbers of invoices without these amounts."""

    currency: str
    count: int = 0
    total: int = 0
    without_total: int = 0
    paid: int = 0
    remaining: int = 0
    without_remaining: int = 0

    def plus(self, invoice: Invoice) -> CurrencyTotal:
        total, left = invoice.total, remaining(invoice)
        return CurrencyTotal(
            self.currency,
            self.count + 1,
            self.total + (total or 0),
            self.without_total + (total is None),
            self.paid + (amount_paid(invoice) or 0),
            self.remaining + (left or 0),
            self.without_remaining + (left is None),
        )


def totals(invoices: Iterable[Invoice]) -> tuple[CurrencyTotal, ...]:
    """Return the totals per currency, sorted by code."""
    found: dict[str, CurrencyTotal] = {}
    for invoice in invoices:
        currency = (invoice.currency or "").lower()
        found[currency] = found.get(currency, CurrencyTotal(currency)).plus(invoice)
    return tuple(found[currency] for currency in sorted(found))
