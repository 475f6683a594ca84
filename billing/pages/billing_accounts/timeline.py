"""The timeline of a billing account, newest first: invoices, subscriptions, changes made here, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Any, Final

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.rendering.action_labels import action_label
from billing.pages.rendering.invoices import invoice_tag, is_partly_settled, remaining
from billing.pages.rendering.labels import StatusLabel, subscription_status
from billing.services import audit
from billing.services import history as audit_trail
from billing.services.billing_accounts.reads import ACCOUNT, INVOICES, SUBSCRIPTIONS

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `status` and `amount` are those of an invoice or a subscription, `remaining` is set if it differs.

    `change` is the id of a change that the person may open, `outcome` that of an action that did not succeed.
    """

    at: datetime
    icon: str
    title: str
    status: StatusLabel | None = None
    amount: Amount | None = None
    remaining: Amount | None = None
    by: str = ""
    outcome: str = ""
    change: str = ""


def timeline(data: AccountData) -> Mapping[str, Any]:
    """Return the newest events, and the number of older ones."""
    invoices = [one for one in data.items(INVOICES) or () if one.created_at is not None]
    newest = nlargest(_SHOWN, invoices, key=lambda one: one.created_at)
    events = sorted(
        (*map(_of_invoice, newest), *_altostrat(data), *_portal(data)),
        key=lambda event: event.at,
        reverse=True,
    )
    return {
        "events": events[:_SHOWN],
        "older": max(len(events) + len(invoices) - len(newest) - _SHOWN, 0),
        "readers": audit_trail.recent_readers(data.actor, *data.ids),
    }


def _of_invoice(invoice: Invoice) -> Event:
    assert invoice.created_at is not None
    title = f"Invoice {invoice.number}" if invoice.number else "Invoice without a number"
    status = invoice_tag(invoice) if invoice.status else None
    amount = Amount(invoice.total, invoice.currency)
    left = remaining(invoice) if is_partly_settled(invoice) else None
    return Event(invoice.created_at, "file-invoice", title, status, amount, left)


def _altostrat(data: AccountData) -> Iterator[Event]:
    account = data.value(ACCOUNT)
    if account is not None and account.created_at is not None:
        yield Event(account.created_at, "building-bank", "Billing account created")
    for subscription in data.items(SUBSCRIPTIONS) or ():
        if subscription.created_at is not None:
            status = subscription_status(subscription.status) if subscription.status else None
            yield Event(subscription.created_at, "repeat", "Subscription created", status)


def _portal(data: AccountData) -> Iterator[Event]:
    history = data.portal_history
    for entry in history.entries:
        # Notes are events of their own; downloads are only in the history.
        if not entry.verb.startswith(("note.", "list.")):
            yield Event(
                entry.at,
                "user-edit",
                action_label(entry.verb),
                by=entry.person,
                outcome="" if entry.outcome == audit.Outcome.SUCCEEDED else entry.get_outcome_display(),
                change=entry.subject if entry.subject in history.own_changes else "",
            )
    for note in data.notes:
        yield Event(note.created_at, "note", "Note", by=note.author_name)
