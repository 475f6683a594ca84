"""The check that the amounts of an invoice add up. Amounts are integers in the smallest unit.

The documentation says that the subtotal is before discount and tax, and the total after both. Stripe also takes
discounts of lines off the subtotal, and has inclusive tax within lines and subtotal. So the lines and the subtotal may
each include the discount or not, and the tax or not; lines may differ in that. A discount takes no more than there is.
If the discount or the tax is missing, it may explain any difference.

Nothing is corrected: pages show the difference and both numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.settlement import amount_paid

# Whatever was due and paid, nothing remains of these: an invoice may be marked as paid.
_NOTHING_REMAINS: Final = frozenset({"paid", "void", "draft"})
_DISCOUNTS: Final = (
    *("total_discount_amounts", "total_pretax_credit_amounts", "discount_amounts", "pretax_credit_amounts"),
    "discounts",
)
_TAXES: Final = ("total_taxes", "total_tax_amounts", "taxes", "tax_amounts")
_MOST_SELECTED: Final = 5


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
    conventions = _Conventions.of(invoice)
    if conventions is None:
        return tuple(found)
    lines, subtotal, total = sum_of_lines(invoice), invoice.subtotal, invoice.total
    after = (invoice.tax or 0) - (invoice.discount_amount or 0)
    if lines is not None and subtotal is not None and not conventions.agree(lines, subtotal):
        found.append(Difference("The sum of the lines", "subtotal", lines, subtotal))
    elif (
        lines is not None
        and total is not None
        and lines != subtotal
        and total not in conventions.totals(lines)
    ):
        found.append(Difference("The sum of the lines less discount plus tax", "total", lines + after, total))
    if subtotal is not None and total is not None and total not in conventions.totals(subtotal):
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


@dataclass(frozen=True, slots=True)
class _Conventions:
    """What may lie between an amount and the total. Each set has 0, because it may be included already."""

    discounts: frozenset[int]
    taxes: frozenset[int]
    shipping: frozenset[int]

    @classmethod
    def of(cls, invoice: Invoice) -> _Conventions | None:
        """Return those of an invoice; None if its discount or its tax is not known."""
        discount, tax = invoice.discount_amount, invoice.tax
        if discount is None or tax is None:
            return None
        # Some send a discount as a negative amount. Stripe's lists may say more than the documented fields.
        return cls(
            frozenset({0, discount, abs(discount), *_discounts(invoice)}),
            frozenset({0, tax, *_taxes(invoice)}),
            frozenset({0, *_shipping(invoice.extra)}),
        )

    def totals(self, amount: int) -> frozenset[int]:
        """Return the totals to which an amount may lead."""
        return frozenset(self._totals(amount))

    def agree(self, lines: int, subtotal: int) -> bool:
        """Return whether both may lead to the same total."""
        return not self.totals(lines).isdisjoint(self.totals(subtotal))

    def _totals(self, amount: int) -> Iterator[int]:
        for discount, tax, shipping in product(self.discounts, self.taxes, self.shipping):
            # The discount and the tax of a credit may have the signs of an invoice.
            signs = (-1, 1) if amount < 0 else (1,)
            for of_discount in signs if discount > 0 else (1,):
                for of_tax in signs if tax > 0 else (1,):
                    yield amount - of_discount * discount + of_tax * tax + shipping
            if 0 <= amount < discount:  # a discount takes no more than there is
                yield tax + shipping
                yield max(amount + tax - discount, 0) + shipping


def _discounts(invoice: Invoice) -> Iterator[int]:
    """Yield sums of discounts, of which those of lines may be inside the subtotal and the others not."""
    lines: list[Mapping[str, Any]] = [line.extra for line in invoice.lines or ()]
    for name, objects in product(_DISCOUNTS, ([invoice.extra], lines)):
        yield from _sums_of_some([amount for one in objects for amount, _ in _parts(one, name)])
    yield sum(amount for one in lines if type(amount := one.get("discount_amount")) is int)


def _taxes(invoice: Invoice) -> Iterator[int]:
    """Yield sums of taxes, of which some may be inside the amounts of their lines."""
    lines: list[Mapping[str, Any]] = [line.extra for line in invoice.lines or ()]
    of_lines = [{"tax": [{**one, "amount": one.get("tax", one.get("tax_amount"))}]} for one in lines]
    for name, objects in (*product(_TAXES, ([invoice.extra], lines)), ("tax", of_lines)):
        parts = [part for one in objects for part in _parts(one, name)]
        yield sum(amount for amount, _ in parts)
        on_top = sum(amount for amount, is_inside in parts if is_inside is False)
        yield from (
            on_top + some for some in _sums_of_some([amount for amount, inside in parts if inside is None])
        )


def _parts(document: Mapping[str, Any], name: str) -> Iterator[tuple[int, bool | None]]:
    """Yield the amounts of a list, and whether they are inside the amounts that they belong to."""
    rows = document.get(name)
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and type(amount := row.get("amount")) is int:
            inside = row.get("inclusive", row.get("tax_inclusive"))
            behavior = {"inclusive": True, "exclusive": False}.get(str(row.get("tax_behavior")))
            yield amount, inside if isinstance(inside, bool) else behavior


def _sums_of_some(amounts: Sequence[int]) -> set[int]:
    """Return the sums of each selection of amounts; with many amounts, of none and of all."""
    sums = {0}
    for amount in amounts if len(amounts) <= _MOST_SELECTED else [sum(amounts)]:
        sums |= {one + amount for one in sums}
    return sums


def _shipping(extra: Mapping[str, Any]) -> set[int]:
    """Return the costs of shipping, which Stripe has in the total and not in the lines."""
    cost = extra.get("shipping_cost")
    parts = cost if isinstance(cost, dict) else {}
    sent = (extra.get("amount_shipping"), parts.get("amount_subtotal"), parts.get("amount_total"))
    return {amount for amount in sent if type(amount) is int}
