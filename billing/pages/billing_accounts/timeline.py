"""What happened to a billing account, newest first: invoices, subscriptions, what was done here, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from billing.amounts import Amount
from billing.pages.billing_accounts.panels import Sight
from billing.pages.rendering.action_labels import action_label
from billing.services import audit, changes
from billing.services import history as audit_trail
from billing.services.billing_accounts import notes
from billing.services.billing_accounts.reads import ACCOUNT, INVOICES, SUBSCRIPTIONS

_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. A status is an invoice's or a subscription's own, `amount` an invoice's.

    `change` is the id of a change that the reader may see, `outcome` of what was tried and did not succeed.
    """

    at: datetime
    icon: str
    what: str
    invoice_status: str = ""
    subscription_status: str = ""
    amount: Amount | None = None
    by: str = ""
    outcome: str = ""
    change: str = ""


def timeline(sight: Sight) -> Mapping[str, Any]:
    """The latest eight, and how many older ones are known."""
    events = sorted(_events(sight), key=lambda event: event.at, reverse=True)
    readers = audit_trail.recent_readers(sight.actor, sight.workspace_id, sight.billing_account_id)
    return {"events": events[:_SHOWN], "older": max(len(events) - _SHOWN, 0), "readers": readers}


def _events(sight: Sight) -> Iterator[Event]:
    account = sight.value(ACCOUNT)
    if account is not None and account.created_at is not None:
        yield Event(account.created_at, "building-bank", "The billing account was made")
    for invoice in sight.items(INVOICES) or ():
        if invoice.created_at is not None:
            what = f"Invoice {invoice.number}" if invoice.number else "Invoice without a number"
            amount = Amount(invoice.total, invoice.currency)
            yield Event(
                invoice.created_at, "file-invoice", what, invoice_status=invoice.status or "", amount=amount
            )
    for subscription in sight.items(SUBSCRIPTIONS) or ():
        if subscription.created_at is not None:
            status = subscription.status or ""
            yield Event(subscription.created_at, "repeat", "A subscription began", subscription_status=status)
    changes.settle_stale()  # what a killed process left behind gets its line first
    history, _ = audit_trail.account_entries(sight.actor, sight.workspace_id, sight.billing_account_id)
    own = changes.filter_own(sight.actor, [entry.subject for entry in history])
    for entry in history:
        # Notes are below, as themselves; who took a list along is told by the history.
        if not entry.verb.startswith(("note.", "list.")):
            yield Event(
                entry.at,
                "user-edit",
                action_label(entry.verb),
                by=entry.actor_name,
                outcome="" if entry.outcome == audit.Outcome.SUCCEEDED else entry.get_outcome_display(),
                change=entry.subject if entry.subject in own else "",
            )
    for note in notes.of_account(sight.actor, sight.workspace_id, sight.billing_account_id):
        yield Event(note.created_at, "note", "Note", by=note.author_name)
