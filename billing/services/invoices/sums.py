"""Whether an invoice's numbers add up: pure arithmetic over integers in the smallest unit.

Nobody's numbers are corrected here. What does not add up is said, with both numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from billing.altostrat.resources.invoices import Invoice


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that should be one: what `of` adds up to, and what Altostrat `says`, in the invoice's currency."""

    of: str
    name: str
    computed: int
    says: int


def differences(invoice: Invoice) -> tuple[Difference, ...]:
    """The sums of an invoice that are not right. A sum with a part that was not sent, or a line of another currency,
    cannot be judged and is not among them."""
    found = []
    lines, subtotal, total = sum_of_lines(invoice), invoice.subtotal, invoice.total
    if lines is not None and subtotal is not None and lines != subtotal:
        found.append(Difference("The lines", "subtotal", lines, subtotal))
    if subtotal is not None and total is not None:
        computed = subtotal - (invoice.discount_amount or 0) + (invoice.tax or 0)
        if computed != total:
            found.append(Difference("Subtotal less discount plus tax", "total", computed, total))
    return tuple(found)


def sum_of_lines(invoice: Invoice) -> int | None:
    """What the lines add up to; None when one has no amount or another currency, and when there are none to add."""
    if not invoice.lines:
        return None
    currency, found = (invoice.currency or "").lower(), 0
    for line in invoice.lines:
        if line.amount is None or (line.currency or currency).lower() != currency:
            return None
        found += line.amount
    return found
