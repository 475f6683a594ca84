"""A preview of an invoice, for its template."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from billing.altostrat.client import Answer
from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.rendering.facts import facts_of
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import next_bill
from billing.services.billing_accounts.status.invoices import next_bill_amount
from billing.services.changes import Kind, Payload, previews
from billing.services.invoices.sums import Difference, differences
from billing.services.reads import find_copies
from billing.services.tokens import NoToken


@dataclass(frozen=True, slots=True)
class Preview:
    """What Altostrat would charge. Without an `invoice`, there is no preview yet."""

    invoice: Invoice | None = None
    facts: Mapping[str, Any] | None = None
    differences: tuple[Difference, ...] = ()
    made_at: datetime | None = None
    is_expired: bool = True
    request_id: str | None = None
    # The next bill without the change, from a copy of an earlier answer.
    before: Amount | None = None
    before_at: datetime | None = None

    @property
    def after(self) -> Amount | None:
        return _amount(self.invoice) if self.invoice else None


def preview_of(kind: Kind, payload: Payload, actor: Actor) -> Preview | None:
    """Return the preview of a change; None if its kind needs none, because Altostrat offers none."""
    if not kind.needs_preview:
        return None
    before = _bill_before(payload, actor)
    return replace(
        preview_from(payload.preview),
        before=_amount(before.value) if before else None,
        before_at=before.received_at if before else None,
    )


def _amount(invoice: Invoice) -> Amount:
    return Amount(next_bill_amount(invoice), invoice.currency)


def _bill_before(payload: Payload, actor: Actor) -> Answer[Invoice] | None:
    """Return the copy of the next bill without the change, if there is one."""
    names = ("workspace_id", "billing_account_id", "subscription_id")
    if not all(payload.ids.get(name) for name in names):
        return None
    ids = [payload.ids[name] for name in names]
    with suppress(NoToken):
        return find_copies(actor, ids[0], {"bill": next_bill(*ids)}).get("bill")
    return None


def preview_from(stored: Mapping[str, Any] | None) -> Preview:
    if stored is None:
        return Preview()
    preview = dict(stored)
    invoice = previews.invoice_of(preview)
    return Preview(
        invoice,
        facts_of(invoice, preview["invoice"]),
        differences(invoice),
        previews.created_at(preview),
        previews.is_expired(preview),
        preview.get("request_id"),
    )
