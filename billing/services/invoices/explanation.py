"""The difference between two invoices in words: one sentence for each part, and why two cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import MINUS, format_amount
from billing.services.dates import format_day, in_zone
from billing.services.invoices.charges import Charge
from billing.services.invoices.comparison import ON_BASE, Bill, Cause, Comparison, Part, bill_of
from billing.services.invoices.line_kinds import subscription_item
from billing.services.invoices.settlement import amount_due


def summary(comparison: Comparison, zone: tzinfo) -> str:
    """Return "Invoice A-2 of 1 Nov 2026 asks for $96.00 USD, $4.00 USD less than invoice A-1 of 1 Oct 2026." """
    old, new, difference = comparison.old, comparison.new, comparison.difference
    size = format_amount(abs(difference), comparison.currency)
    than = f"{size} {'more' if difference > 0 else 'less'} than" if difference else "the same as"
    due = format_amount(new.due, comparison.currency)
    return f"Invoice {_dated(new.invoice, zone)} asks for {due}, {than} invoice {_dated(old.invoice, zone)}."


def explain(comparison: Comparison, part: Part) -> str:
    """Return one sentence about a part."""
    return _SENTENCES[part.cause](comparison, part)


def gaps(old: Invoice, new: Invoice) -> tuple[str, ...]:
    """Return why two invoices cannot be compared; empty if they can."""
    currencies = {(one.currency or "").upper() for one in (old, new)}
    found = [*gaps_of(old), *gaps_of(new)]
    if len(currencies - {""}) > 1:
        both = " and ".join(sorted(currencies))
        found.insert(0, f"The invoices are in {both}. Amounts in different currencies cannot be compared.")
    return tuple(found)


def gaps_of(invoice: Invoice) -> tuple[str, ...]:
    """Return why `bill_of` returns None for an invoice; empty if it does not."""
    return tuple(f"Invoice {name_of(invoice)}: {gap}." for gap in _missing(invoice))


def doubts(comparison: Comparison) -> tuple[str, ...]:
    """Return what a reader has to know to judge the parts."""
    bills = (comparison.old, comparison.new)
    sums = [
        f"The amounts of invoice {name_of(one.invoice)} do not add up." for one in bills if one.unexplained
    ]
    without = [line for one in bills for line in one.invoice.lines or () if not line.price_id]
    if without:
        sums.append("A line without a price ID can only be matched by its subscription item, if it has one.")
    elif not _have_a_common_price(comparison):
        sums.append("The invoices have no price in common. They may belong to different subscriptions.")
    return tuple(sums)


def name_of(invoice: Invoice) -> str:
    return invoice.number or invoice.id or "without a number"


def signed(minor: int, currency: str) -> str:
    """Return "+$4.00 USD"."""
    return f"{'+' if minor > 0 else ''}{format_amount(minor, currency)}"


def _have_a_common_price(comparison: Comparison) -> bool:
    """Return whether the invoices share a price or a subscription item. True if an invoice has no lines."""
    old, new = (
        {
            name
            for line in one.invoice.lines or ()
            for name in (line.price_id, subscription_item(line))
            if name
        }
        for one in (comparison.old, comparison.new)
    )
    return bool(old & new) or not (old and new)


def _missing(invoice: Invoice) -> Iterator[str]:
    if bill_of(invoice) is not None:
        return
    lines, currency = invoice.lines or (), (invoice.currency or "").lower()
    values = {"currency": invoice.currency, "total": invoice.total, "amount due": amount_due(invoice)}
    for name, value in values.items():
        if value in (None, ""):
            yield f"Altostrat does not provide the {name}"
    if not lines:
        yield "Altostrat does not provide the lines"
    if without := sum(line.amount is None for line in lines):
        yield f"{without} of {len(lines)} lines {'has' if without == 1 else 'have'} no amount"
    if others := sum((line.currency or currency).lower() != currency for line in lines):
        yield f"{others} of {len(lines)} lines {'is' if others == 1 else 'are'} in another currency"


def _dated(invoice: Invoice, zone: tzinfo) -> str:
    created = f" of {format_day(in_zone(invoice.created_at, zone))}" if invoice.created_at else ""
    return f"{name_of(invoice)}{created}"


def _quantity(comparison: Comparison, part: Part) -> str:
    before, after = part.before, part.after
    assert before is not None
    assert after is not None  # such a part comes from lines of both invoices
    price = (
        "the old average price" if before.unit is None else format_amount(before.unit, comparison.currency)
    )
    return f"From {before.quantity} to {after.quantity}, at {price}."


def _price(comparison: Comparison, part: Part) -> str:
    before, after = part.before, part.after
    assert before is not None
    assert after is not None
    if before.unit is None or after.unit is None:
        return "The rest of the difference. Tiers or decimal prices apply, so there is no single unit amount."
    old, new = (format_amount(unit, comparison.currency) for unit in (before.unit, after.unit))
    return f"From {old} to {new}, for a quantity of {after.quantity}."


def _added(comparison: Comparison, part: Part) -> str:
    return f"Only on invoice {name_of(comparison.new.invoice)}{_of(part.after, comparison.currency)}."


def _removed(comparison: Comparison, part: Part) -> str:
    return f"Only on invoice {name_of(comparison.old.invoice)}{_of(part.before, comparison.currency)}."


def _proration(comparison: Comparison, part: Part) -> str:
    bill = comparison.old if part.after is None else comparison.new
    return f"For a part of a period, only on invoice {name_of(bill.invoice)}."


def _discount(comparison: Comparison, part: Part) -> str:
    old, new, currency = comparison.old, comparison.new, comparison.currency
    if part.amount == new.discount and new.discount:
        return f"Begins with invoice {name_of(new.invoice)}."
    if part.amount == -old.discount:
        return f"Ended after invoice {name_of(old.invoice)}."
    return f"From {format_amount(-old.discount, currency)} to {format_amount(-new.discount, currency)}."


def _tax(comparison: Comparison, part: Part) -> str:
    old, new, currency = comparison.old, comparison.new, comparison.currency
    taxed = format_amount(new.taxed, currency)
    if part.item == ON_BASE:
        return f"On {taxed} instead of {format_amount(old.taxed, currency)}, at the old rate of {_rate(old)}."
    if not old.taxed:
        return f"On {taxed}. Invoice {name_of(old.invoice)} charges nothing to tax."
    return f"From {_rate(old)} to {_rate(new)} of {taxed}."


def _credit(comparison: Comparison, part: Part) -> str:
    old, new = (format_amount(one.credit, comparison.currency) for one in (comparison.old, comparison.new))
    return f"Credit reduces the amount due: by {new}, formerly by {old}."


def _unexplained(comparison: Comparison, part: Part) -> str:
    if part.before is not None:
        return "Altostrat does not provide both quantities, so quantity and price cannot be separated."
    return "Lines, discount and tax do not add up to the total."


def _of(charge: Charge | None, currency: str) -> str:
    if charge is None or charge.quantity is None or charge.unit is None:
        return ""
    return f": {charge.quantity} at {format_amount(charge.unit, currency)}"


def _rate(bill: Bill) -> str:
    """Return "20%", or "about 19.98%": Altostrat does not provide the rate, and tax is rounded."""
    if not bill.taxed:
        return "0%"
    exact = Decimal(bill.tax * 100) / bill.taxed
    shown = round(exact, 2)
    text = f"{abs(shown.normalize()):f}"
    return f"{'' if exact == shown else 'about '}{MINUS if shown < 0 else ''}{text}%"


_SENTENCES: Final[Mapping[Cause, Callable[[Comparison, Part], str]]] = {
    Cause.QUANTITY: _quantity,
    Cause.PRICE: _price,
    Cause.ADDED: _added,
    Cause.REMOVED: _removed,
    Cause.PRORATION: _proration,
    Cause.DISCOUNT: _discount,
    Cause.TAX: _tax,
    Cause.CREDIT: _credit,
    Cause.UNEXPLAINED: _unexplained,
}
