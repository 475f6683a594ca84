"""Check whether the amounts of an invoice add up: pure functions over integers in the smallest unit.

Nothing is corrected: pages show the difference and both numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from billing.altostrat.resources.invoices import Invoice


@dataclass(frozen=True, slots=True)
class Difference:
    """`source` adds up to `computed`, but Altostrat sent another amount as `field`."""

    source: str
    field: str
    computed: int
    sent: int


def differences(invoice: Invoice) -> tuple[Difference, ...]:
    """The wrong sums of an invoice. A sum is not checked if a part is missing or has another currency."""
    found = []
    lines, subtotal, total = sum_of_lines(invoice), invoice.subtotal, invoice.total
    if lines is not None and subtotal is not None and lines != subtotal:
        found.append(Difference("The sum of the lines", "subtotal", lines, subtotal))
    if subtotal is not None and total is not None:
        computed = subtotal - (invoice.discount_amount or 0) + (invoice.tax or 0)
        if computed != total:
            found.append(Difference("Subtotal less discount plus tax", "total", computed, total))
    return tuple(found)


def sum_of_lines(invoice: Invoice) -> int | None:
    """None if there are no lines, or one of them has no amount or another currency."""
    if not invoice.lines:
        return None
    currency, amount = (invoice.currency or "").lower(), 0
    for line in invoice.lines:
        if line.amount is None or (line.currency or currency).lower() != currency:
            return None
        amount += line.amount
    return amount
