"""The settlement of an invoice's total, and what remains: pure functions over integers in the smallest unit.

As at Stripe, the amount due is the total less the credit that was applied, and payments do not change it.
https://docs.stripe.com/api/invoices/object
"""

from __future__ import annotations

from billing.altostrat.resources.invoices import Invoice


def remaining(invoice: Invoice) -> int | None:
    """Return what remains to be paid: 0 for a paid or voided invoice.

    None for a draft, which is not issued, and if Altostrat does not say.
    """
    if invoice.status == "draft":
        return None
    if invoice.status == "void":
        return 0
    sent = _amount(invoice.stripe.amount_remaining)
    if sent is not None or "amount_remaining" in invoice.stripe.extra:
        return sent
    if invoice.status == "paid":
        return 0
    due, paid = amount_due(invoice), amount_paid(invoice)
    return None if due is None or paid is None else max(due - paid, 0)


def amount_due(invoice: Invoice) -> int | None:
    """Return the amount due before payments; None if Altostrat does not say."""
    due, paid = invoice.amount_due, amount_paid(invoice)
    if due is None or not paid or invoice.stripe.paid_out_of_band:
        return due
    is_reduced = due == invoice.stripe.amount_remaining or (paid > due and due + paid == invoice.total)
    return due + paid if is_reduced else due


def amount_paid(invoice: Invoice) -> int | None:
    """Return the amount paid, 0 if it is missing; None if Altostrat sent something that is not an amount."""
    return None if "amount_paid" in invoice.extra else _amount(invoice.amount_paid or 0)


def credit(invoice: Invoice) -> int:
    """Return the part of the total that was never due: credit of the customer, or credit notes.

    Negative if more than the total was due, because of an earlier balance. 0 if Altostrat does not say.
    """
    due = amount_due(invoice)
    return 0 if due is None or invoice.total is None or invoice.status == "void" else invoice.total - due


def credit_notes(invoice: Invoice) -> int:
    """Return the part of the credit that is from credit notes."""
    notes = _amount(invoice.stripe.pre_payment_credit_notes_amount) or 0
    return min(notes, max(credit(invoice), 0))


def credited_later(invoice: Invoice) -> int:
    """Return the amount of the credit notes that were issued after the payment."""
    return _amount(invoice.stripe.post_payment_credit_notes_amount) or 0


def overpaid(invoice: Invoice) -> int:
    """Return what was paid beyond the amount due, which Stripe counts apart from the amount paid."""
    due, paid, sent = amount_due(invoice), amount_paid(invoice), _amount(invoice.stripe.amount_overpaid) or 0
    return sent if due is None or paid is None else max(paid - max(due, 0), sent)


def _amount(minor: int | None) -> int | None:
    """Return None for a negative amount, which cannot be meant."""
    return None if minor is None or minor < 0 else minor
