"""The check that the amounts of an invoice add up. Amounts are integers in the smallest unit.

The documentation says that the subtotal is before discount and tax, and the total after both. Stripe also takes
discounts of lines off the subtotal, and has inclusive tax within lines and subtotal. So the lines and the subtotal may
each include the discount or not, and the tax or not. If the discount or the tax is missing, it may explain any
difference.

Nothing is corrected: pages show the difference and both numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.settlement import amount_paid

# Whatever was due and paid, nothing remains of these: an invoice may be marked as paid.
_NOTHING_REMAINS: Final = frozenset({"paid", "void", "draft"})
_DISCOUNTS: Final = ("total_discount_amounts", "total_pretax_credit_amounts")
_TAXES: Final = ("total_taxes", "total_tax_amounts")


@dataclass(frozen=True, slots=True)
class Difference:
    """`source` adds up to `computed`, but Altostrat sent another amount as `field`."""

    source: str
    field: str
    computed: int
    sent: int


def differences(invoice: Invoice) -> tuple[Difference, ...]:
    """Return the sums that are wrong under every convention.

    A sum is not checked if a part is missing or has another currency.
    """
    found = [*_remaining(invoice)]
    steps = _steps_to_total(invoice)
    if steps is None:
        return tuple(found)
    lines, subtotal, total = sum_of_lines(invoice), invoice.subtotal, invoice.total
    after = (invoice.tax or 0) - (invoice.discount_amount or 0)
    between = {later - earlier for later in steps for earlier in steps}
    if lines is not None and subtotal is not None and subtotal - lines not in between:
        found.append(Difference("The sum of the lines", "subtotal", lines, subtotal))
    elif lines is not None and total is not None and lines != subtotal and total - lines not in steps:
        found.append(Difference("The sum of the lines less discount plus tax", "total", lines + after, total))
    if subtotal is not None and total is not None and total - subtotal not in steps:
        found.append(Difference("Subtotal less discount plus tax", "total", subtotal + after, total))
    return tuple(found)


def sum_of_lines(invoice: Invoice) -> int | None:
    """Return the sum; None if there are no lines, or one of them has no amount or another currency."""
    if not invoice.lines:
        return None
    currency, amount = (invoice.currency or "").lower(), 0
    for line in invoice.lines:
        if line.amount is None or (line.currency or currency).lower() != currency:
            return None
        amount += line.amount
    return amount


def _remaining(invoice: Invoice) -> Iterator[Difference]:
    """Check the amount due, which may be sent before or after payments, and less credit notes or not."""
    sent, due, paid = invoice.stripe.amount_remaining, invoice.amount_due, amount_paid(invoice)
    if sent is None or due is None or paid is None or invoice.status in _NOTHING_REMAINS:
        return
    notes = invoice.stripe.pre_payment_credit_notes_amount or 0
    if sent not in {due, max(due - paid, 0), max(due - paid - notes, 0)}:
        yield Difference("Amount due less amount paid", "amount_remaining", due - paid, sent)


def _steps_to_total(invoice: Invoice) -> frozenset[int] | None:
    """Return what may lead from an earlier amount to the total; None if the discount or the tax is not known.

    That is the discount, the tax, both, or nothing, as some may already be included.
    """
    discount, tax = invoice.discount_amount, invoice.tax
    if discount is None or tax is None:
        return None
    extra = invoice.extra
    # Some send a discount as a negative amount. Stripe's lists may say more than the documented fields.
    discounts = {-discount, -abs(discount), *(-amount for amount in _sums(extra, *_DISCOUNTS))}
    steps = {0}
    for choices in (discounts, {tax, *_sums(extra, *_TAXES)}, _shipping(extra)):
        steps |= {step + choice for step in steps for choice in choices}
    return frozenset(steps)


def _sums(extra: Mapping[str, Any], *names: str) -> Iterator[int]:
    for name in names:
        rows = extra.get(name)
        rows = rows if isinstance(rows, list) else []
        amounts = [row.get("amount") for row in rows if isinstance(row, dict)]
        numbers = [amount for amount in amounts if isinstance(amount, int)]
        if numbers and len(numbers) == len(amounts):
            yield sum(numbers)


def _shipping(extra: Mapping[str, Any]) -> set[int]:
    """Return the costs of shipping, which Stripe has in the total and not in the lines."""
    cost = extra.get("shipping_cost")
    parts = cost if isinstance(cost, dict) else {}
    sent = (extra.get("amount_shipping"), parts.get("amount_subtotal"), parts.get("amount_total"))
    return {amount for amount in sent if type(amount) is int}
