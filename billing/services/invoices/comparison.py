"""Why one invoice asks for another amount than an earlier one: exact parts, in the smallest unit of the currency.

The amount that is compared is the amount due before payments, which is the total less credit. Lines are matched by
subscription item and price, never by text. The parts always sum to the difference: what no cause explains is a part of
its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.charges import Charge, charges_of, pairs
from billing.services.invoices.settlement import amount_due
from billing.services.invoices.sums import sum_of_lines

ON_BASE: Final = "Taxed amount"
ON_RATE: Final = "Tax rate"


class Cause(StrEnum):
    """The causes of a difference, in the order in which they are shown."""

    QUANTITY = "Quantity"
    PRICE = "Price"
    ADDED = "Added"
    REMOVED = "Removed"
    PRORATION = "Proration"
    DISCOUNT = "Discount"
    TAX = "Tax"
    CREDIT = "Credit"
    UNEXPLAINED = "Unexplained"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the difference. `before` and `after` are what the invoices charge, if the part comes from lines."""

    cause: Cause
    item: str
    amount: int
    before: Charge | None = None
    after: Charge | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice as steps to its amount due: `lines + discount + tax + unexplained - credit`. The discount is negative.
    Discount and tax are 0 if the lines include them."""

    invoice: Invoice
    lines: int
    discount: int
    tax: int
    credit: int
    due: int

    @property
    def taxed(self) -> int:
        return self.lines + self.discount

    @property
    def unexplained(self) -> int:
        return self.due + self.credit - self.taxed - self.tax

    @property
    def count(self) -> int:
        return len(self.invoice.lines or ())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bills and the parts of their difference, none of them 0."""

    old: Bill
    new: Bill
    parts: tuple[Part, ...]

    @property
    def difference(self) -> int:
        return self.new.due - self.old.due

    @property
    def currency(self) -> str:
        return (self.new.invoice.currency or "").lower()


def compare(old: Invoice, new: Invoice) -> Comparison | None:
    """Return None if the currencies differ, or an amount is missing: see `bill_of`."""
    first, second = bill_of(old), bill_of(new)
    if first is None or second is None or (old.currency or "").lower() != (new.currency or "").lower():
        return None
    order = list(Cause)
    parts = chain(
        _of_lines(first, second), _of_discount(first, second), _of_tax(first, second), _rest(first, second)
    )
    shown = sorted((part for part in parts if part.amount), key=lambda part: order.index(part.cause))
    return Comparison(first, second, tuple(shown))


def bill_of(invoice: Invoice) -> Bill | None:
    """Return None if the invoice has no currency, total or amount due, or a line has no amount or another currency."""
    due, total, lines = amount_due(invoice), invoice.total, sum_of_lines(invoice)
    if lines is None and invoice.lines == () and not total and not invoice.subtotal:
        lines = 0
    if due is None or total is None or lines is None or not invoice.currency:
        return None
    # Some send a discount as a negative amount.
    discount, tax = -abs(invoice.discount_amount or 0), invoice.tax or 0
    # As the documentation says; then with tax, discount or both included in the lines, as Stripe also has them.
    conventions = ((discount, tax), (discount, 0), (0, tax), (0, 0))
    off, on = next((one for one in conventions if lines + sum(one) == total), conventions[0])
    return Bill(invoice, lines, off, on, total - due, due)


def _of_lines(old: Bill, new: Bill) -> Iterator[Part]:
    for before, after in pairs(
        charges_of(old.invoice, prorated=False), charges_of(new.invoice, prorated=False)
    ):
        if before is not None and after is not None:
            yield from _effects(before, after)
        elif after is not None:
            yield Part(Cause.ADDED, after.name, after.amount, None, after)
        elif before is not None:
            yield Part(Cause.REMOVED, before.name, -before.amount, before, None)
    for charge in charges_of(new.invoice, prorated=True).values():
        yield Part(Cause.PRORATION, charge.name, charge.amount, None, charge)
    for charge in charges_of(old.invoice, prorated=True).values():
        yield Part(Cause.PRORATION, charge.name, -charge.amount, charge, None)


def _effects(before: Charge, after: Charge) -> Iterator[Part]:
    """Yield the quantity at the old price, then the price at the new quantity."""
    difference = after.amount - before.amount
    if before.quantity is None or after.quantity is None:
        yield Part(Cause.UNEXPLAINED, after.name, difference, before, after)
        return
    more = after.quantity - before.quantity
    if before.unit is not None:
        by_quantity = more * before.unit
    elif not before.quantity or _is_same_rate(before.amount, before.quantity, after.amount, after.quantity):
        by_quantity = difference if more else 0
    else:
        by_quantity = _divided(more * before.amount, before.quantity)
    yield Part(Cause.QUANTITY, after.name, by_quantity, before, after)
    yield Part(Cause.PRICE, after.name, difference - by_quantity, before, after)


def _of_discount(old: Bill, new: Bill) -> Iterator[Part]:
    former, present = (tuple(one.invoice.discount_names or ()) for one in (old, new))
    are_others = bool(former and present) and not set(former) & set(present)
    if not are_others and old.discount and new.discount:
        yield Part(Cause.DISCOUNT, _discount(present or former), new.discount - old.discount)
        return
    yield Part(Cause.DISCOUNT, _discount(present), new.discount)
    yield Part(Cause.DISCOUNT, _discount(former), -old.discount)


def _of_tax(old: Bill, new: Bill) -> Iterator[Part]:
    """Yield the changed base at the old rate, then the changed rate on the new base."""
    difference = new.tax - old.tax
    slack = max(old.count, 1), max(new.count, 1)  # tax may be rounded once for each line
    if not old.taxed:
        on_base = 0
    elif old.tax and new.tax and _is_same_rate(old.tax, old.taxed, new.tax, new.taxed, slack):
        on_base = difference
    else:
        on_base = _divided(old.tax * new.taxed, old.taxed) - old.tax
    yield Part(Cause.TAX, ON_BASE, on_base)
    yield Part(Cause.TAX, ON_RATE, difference - on_base)


def _rest(old: Bill, new: Bill) -> Iterator[Part]:
    yield Part(Cause.CREDIT, "Credit", old.credit - new.credit)
    yield Part(Cause.UNEXPLAINED, "Amounts that do not add up", new.unexplained - old.unexplained)


def _discount(names: Sequence[str]) -> str:
    return ", ".join(names) or "Discount"


def _is_same_rate(
    part: int, whole: int, other: int, other_whole: int, slack: tuple[int, int] = (1, 1)
) -> bool:
    """Return whether one rate explains both parts, each rounded up to `slack` times."""
    distance = abs(part * other_whole - other * whole)
    return 2 * distance <= slack[0] * abs(other_whole) + slack[1] * abs(whole)


def _divided(dividend: int, divisor: int) -> int:
    """Round a quotient half away from zero, without floats."""
    quotient = (2 * abs(dividend) + abs(divisor)) // (2 * abs(divisor))
    return quotient if (dividend < 0) == (divisor < 0) else -quotient
