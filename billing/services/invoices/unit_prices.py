"""Unit prices, taken from invoices because Altostrat has no price list.

The price of a unit is taken from the newest invoice that charges a whole period of it. It is not known if that invoice
leaves any doubt, such as two amounts for one price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.line_kinds import is_invoice_item, is_proration

# A draft can still change, and a voided invoice was a mistake. What an undocumented status says is not known.
_CHARGED: Final = frozenset({"open", "paid", "uncollectible", None})
# As Stripe words lines of tiers: "First 5 users (Tier 1 at $10.00 / month)".
_TIER: Final = re.compile(r"\btier \d|^\s*(first|next) \d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UnitAmount:
    """The price of a unit on an invoice, in the smallest unit of `currency`."""

    minor: int
    currency: str | None
    invoice: Invoice


def unit_amounts(newest_first: Iterable[Invoice]) -> Mapping[str, UnitAmount]:
    """Return the unit amount of each price ID in these invoices, without those that are in doubt."""
    found: dict[str, UnitAmount | None] = {}
    for invoice in newest_first:
        if invoice.status not in _CHARGED:
            continue
        by_price: dict[str, list[InvoiceLine]] = {}
        for line in invoice.lines or ():
            if line.price_id and line.price_id not in found and not _is_beside_period(line):
                by_price.setdefault(line.price_id, []).append(line)
        found |= {price_id: _unit_amount(invoice, lines) for price_id, lines in by_price.items()}
    return {price_id: amount for price_id, amount in found.items() if amount is not None}


def _unit_amount(invoice: Invoice, lines: Iterable[InvoiceLine]) -> UnitAmount | None:
    """Return the unit amount on which all lines agree, else None."""
    amounts = {_unit_of(line, invoice) for line in lines}
    minor, currency = amounts.pop()
    return UnitAmount(minor, currency or None, invoice) if minor is not None and not amounts else None


def _unit_of(line: InvoiceLine, invoice: Invoice) -> tuple[int | None, str]:
    """Return the unit amount, or None if the line does not charge this amount for each unit."""
    unit, quantity, currency = (
        line.unit_amount,
        line.quantity,
        (line.currency or invoice.currency or "").lower(),
    )
    is_unreadable = not {"amount", "currency", "quantity", "unit_amount"}.isdisjoint(line.extra)
    # A trial charges nothing, which is not the price. Tiers and discounts charge another amount.
    if unit is None or unit <= 0 or is_unreadable or (quantity is not None and quantity <= 0):
        return None, currency
    if line.amount is not None and line.amount != unit * (1 if quantity is None else quantity):
        return None, currency
    if not _is_for_each_unit(line.extra, unit) or _TIER.search(line.description or ""):
        return None, currency
    return unit, currency


def _is_for_each_unit(extra: Mapping[str, object], unit: int) -> bool:
    """Return False if line or price say that other units cost another amount, or that this amount is rounded."""
    prices = [one for name in ("price", "plan", "pricing") if isinstance(one := extra.get(name), Mapping)]
    if any(price.get("billing_scheme") == "tiered" for price in prices):
        return False
    fields = ("tiers", "tiers_mode", "transform_quantity", "transform_usage")
    if any(price.get(name) for price in prices for name in fields):
        return False
    # The price may be another one than that of the line, or have fractions.
    exact = [one.get("unit_amount_decimal") for one in (extra, *prices)]
    exact += [one.get("unit_amount") for one in prices]
    return all(one is None or _is_number(one, unit) for one in exact)


def _is_number(raw: object, unit: int) -> bool:
    try:
        return Decimal(str(raw)) == unit
    except InvalidOperation:
        return False


def _is_beside_period(line: InvoiceLine) -> bool:
    """Return whether the line charges or credits a part of a period, or something beside the subscription."""
    return is_proration(line) or is_invoice_item(line)
