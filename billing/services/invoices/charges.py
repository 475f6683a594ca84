"""The lines of an invoice, summed by what they charge, and matched with those of another invoice.

Lines are matched by subscription item and price, never by text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.line_kinds import is_invoice_item, is_proration, subscription_item

# Whether the lines are beside the subscription, the subscription item, and the price.
Key = tuple[bool, str, str]


@dataclass(frozen=True, slots=True)
class Charge:
    """The lines of one price on one invoice. `unit` is None if the amount is not the quantity at one unit amount, as
    with tiers and with prices below the smallest unit."""

    name: str
    amount: int
    quantity: int | None
    unit: int | None


def charges_of(invoice: Invoice, *, prorated: bool) -> dict[Key, Charge]:
    """Return what an invoice charges, either without its prorations or only those."""
    groups: dict[Key, list[InvoiceLine]] = {}
    for number, line in enumerate(invoice.lines or ()):
        if is_proration(line) is prorated:
            groups.setdefault(_key(line, f"{invoice.id}:{number}"), []).append(line)
    return {key: _charge(lines) for key, lines in groups.items()}


def pairs(
    old: Mapping[Key, Charge], new: Mapping[Key, Charge]
) -> Iterator[tuple[Charge | None, Charge | None]]:
    """Yield former and present charges.

    First those with the same item and price, then those of an item whose price was replaced, then the others, which
    have no counterpart.
    """
    replaced = _replaced(old.keys() - new.keys(), new.keys() - old.keys())
    for key, charge in new.items():
        yield old.get(replaced.get(key, key)), charge
    matched = {*new, *replaced.values()}
    yield from ((charge, None) for key, charge in old.items() if key not in matched)


def _key(line: InvoiceLine, unmatched: str) -> Key:
    """Return the key that matches lines. A line without item and price matches no other."""
    item, price = subscription_item(line), line.price_id or ""
    return is_invoice_item(line), item, price if item or price else unmatched


def _charge(lines: Sequence[InvoiceLine]) -> Charge:
    quantities = [line.quantity for line in lines if line.quantity is not None]
    units = {line.unit_amount if _is_linear(line) else None for line in lines}
    first = lines[0]
    return Charge(
        first.product_name or first.description or first.price_id or first.id or "Line without a name",
        sum(line.amount or 0 for line in lines),
        sum(quantities) if len(quantities) == len(lines) else None,
        units.pop() if len(units) == 1 else None,
    )


def _is_linear(line: InvoiceLine) -> bool:
    unit, quantity = line.unit_amount, line.quantity
    return unit is not None and quantity is not None and unit * quantity == line.amount


def _replaced(old: Iterable[Key], new: Iterable[Key]) -> dict[Key, Key]:
    """Return the former key of each new one with the same subscription item, if there is just one of both."""
    items: dict[tuple[bool, str], tuple[list[Key], list[Key]]] = {}
    for side, keys in enumerate((old, new)):
        for key in keys:
            if key[1]:
                items.setdefault(key[:2], ([], []))[side].append(key)
    return {after[0]: before[0] for before, after in items.values() if len(before) == len(after) == 1}
