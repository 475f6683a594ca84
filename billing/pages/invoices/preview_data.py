"""A preview of an invoice, for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.rendering.facts import facts_of
from billing.services.actor import Actor
from billing.services.billing_accounts.status.invoices import next_bill_amount
from billing.services.changes import Kind, Payload, previews
from billing.services.invoices.sums import Difference, differences
from billing.services.reads import Live


@dataclass(frozen=True, slots=True)
class Preview:
    """What Altostrat would charge. Without an `invoice`, there is no preview yet."""

    invoice: Invoice | None = None
    facts: Mapping[str, Any] | None = None
    differences: tuple[Difference, ...] = ()
    made_at: datetime | None = None
    is_expired: bool = True
    request_id: str | None = None
    # The next bill without the change.
    before: Amount | None = None
    before_at: datetime | None = None
    is_before_copied: bool = False

    @property
    def after(self) -> Amount | None:
        return _amount(self.invoice) if self.invoice else None


def preview_of(kind: Kind, payload: Payload) -> Preview | None:
    """Return the preview of a change; None if its kind needs none, because Altostrat offers none."""
    return preview_from(payload.preview) if kind.needs_preview else None


def with_bill_before(preview: Preview | None, payload: Payload, actor: Actor) -> Preview | None:
    """Add the next bill without a change that has not been sent. It is not known if Altostrat does not answer soon."""
    if preview is None or preview.invoice is None:
        return preview
    result = previews.bill_before(actor, payload)
    if result is None or result.answer is None:
        return preview
    return replace(
        preview,
        before=_amount(result.answer.value),
        before_at=result.answer.received_at,
        is_before_copied=not isinstance(result, Live),
    )


def _amount(invoice: Invoice) -> Amount:
    return Amount(next_bill_amount(invoice), invoice.currency)


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
