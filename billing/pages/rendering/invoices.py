"""Filters for invoices: what their status means, and how the total is settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django import template
from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.rendering.labels import StatusLabel, invoice_status
from billing.services.billing_accounts.status import days_until
from billing.services.invoices import settlement
from billing.services.invoices.aging import is_owed
from billing.services.reminders.payment_links import payment_link

register = template.Library()
register.filter(is_owed)
register.filter(payment_link)


@register.filter
def status_of_invoice(invoice: Invoice) -> StatusLabel:
    """Return the label of the status, with a sentence about the amounts."""
    label = invoice_tag(invoice)
    note = _NOTES[invoice.status](invoice) if invoice.status in _NOTES else ""
    return replace(label, note=note) if note else label


@register.filter
def invoice_tag(invoice: Invoice) -> StatusLabel:
    """Return the label of the status, or "Past due 12 days" in red if something remains after the due date."""
    label = invoice_status(invoice.status)
    if invoice.due_date is None or not is_owed(invoice):
        return label
    days = -days_until(invoice.due_date, timezone.localtime())
    title = f"Past due {days} day{'s' if days > 1 else ''}"
    return replace(label, title=title, css="tag-red text-nowrap") if days > 0 else label


@register.filter
def remaining(invoice: Invoice) -> Amount | None:
    """Return what remains to be paid; None if it is not known, or not issued."""
    minor = settlement.remaining(invoice)
    return None if minor is None else Amount(minor, invoice.currency)


@register.filter
def is_partly_settled(invoice: Invoice) -> bool:
    """Return whether something remains that is not the total."""
    left = settlement.remaining(invoice)
    return bool(left) and left != invoice.total


@register.filter
def steps_to_amount_due(invoice: Invoice) -> tuple[tuple[str, Amount], ...]:
    """Return what lies between the total and the amount due, each with its sign."""
    return tuple((title, Amount(minor, invoice.currency)) for title, minor in _steps(invoice) if minor)


@register.filter
def after_payment(invoice: Invoice) -> tuple[tuple[str, Amount], ...]:
    """Return the amounts that neither the amount due nor the amount paid shows."""
    found = (
        ("Paid beyond the amount due", settlement.overpaid(invoice)),
        ("Credited after the payment", settlement.credited_later(invoice)),
    )
    return tuple((title, Amount(minor, invoice.currency)) for title, minor in found if minor)


def _steps(invoice: Invoice) -> Iterator[tuple[str, int]]:
    credit, notes = settlement.credit(invoice), settlement.credit_notes(invoice)
    yield "Credit notes", -notes
    if credit > 0:
        yield "Credit applied", notes - credit
    elif (invoice.total or 0) < 0:
        yield "Credit from this invoice", -credit
    else:
        yield "Earlier balance", -credit


def _open(invoice: Invoice) -> str:
    left = settlement.remaining(invoice)
    if left == 0:
        return "Issued, and nothing remains to be paid."
    balance = -(settlement.credit(invoice) or 0)
    if left is not None and balance > 0:
        earlier = f"including an earlier balance of {_money(invoice, balance)}"
        return f"{_money(invoice, left)} remains to be paid, {earlier}."
    if left is not None and invoice.total is not None and left != invoice.total:
        return f"{_money(invoice, left)} of {_money(invoice, invoice.total)} remains to be paid."
    return ""


def _paid(invoice: Invoice) -> str:
    due, paid, credit = settlement.amount_due(invoice), invoice.amount_paid, settlement.credit(invoice)
    left = settlement.remaining(invoice)
    if left:
        sentence = f"Marked as paid, but {_money(invoice, left)} remains."
    elif invoice.stripe.paid_out_of_band:
        sentence = "Marked as paid outside of Stripe."
    elif due is None or paid is None:
        sentence = "Paid."
    elif paid < due:
        sentence = f"Marked as paid, with {_money(invoice, paid)} of {_money(invoice, due)} paid."
    elif credit <= 0:
        sentence = "Paid in full."
    elif paid:
        sentence = f"Paid in full: {_money(invoice, paid)}, and {_money(invoice, credit)} of credit."
    else:
        sentence = f"Covered by {_money(invoice, credit)} of credit."
    later = settlement.credited_later(invoice)
    return f"{sentence} {_money(invoice, later)} was credited later." if later else sentence


def _uncollectible(invoice: Invoice) -> str:
    left = settlement.remaining(invoice)
    if left is None or left == invoice.total:
        return ""
    return f"{_money(invoice, left)} remains, and no payment is expected." if left else "Nothing remains."


def _money(invoice: Invoice, minor: int) -> str:
    return str(Amount(minor, invoice.currency))


_NOTES = {"open": _open, "paid": _paid, "uncollectible": _uncollectible}
