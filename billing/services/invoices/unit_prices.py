"""Unit prices, taken from invoices because Altostrat has no price list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.altostrat.resources.invoices import Invoice


@dataclass(frozen=True, slots=True)
class UnitAmount:
    """The price of a unit on its newest invoice, in the smallest unit of `currency`."""

    minor: int
    currency: str | None
    invoice: Invoice


def unit_amounts(newest_first: Iterable[Invoice]) -> Mapping[str, UnitAmount]:
    """The unit amount of every price id in these invoices."""
    found: dict[str, UnitAmount] = {}
    for invoice in newest_first:
        for line in invoice.lines or ():
            if line.price_id and line.unit_amount is not None and line.price_id not in found:
                found[line.price_id] = UnitAmount(
                    line.unit_amount, line.currency or invoice.currency, invoice
                )
    return found
