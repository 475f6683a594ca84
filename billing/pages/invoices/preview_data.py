"""A preview of an invoice, for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.altostrat.resources.invoices import Invoice
from billing.pages.rendering.facts import facts_of
from billing.services.changes import Kind, Payload, previews
from billing.services.invoices.sums import Difference, differences


@dataclass(frozen=True, slots=True)
class Preview:
    """What Altostrat would charge. Without an `invoice`, there is no preview yet."""

    invoice: Invoice | None = None
    facts: Mapping[str, Any] | None = None
    differences: tuple[Difference, ...] = ()
    made_at: datetime | None = None
    is_expired: bool = True
    request_id: str | None = None


def preview_of(kind: Kind, payload: Payload) -> Preview | None:
    """Return the preview of a change; None if its kind needs none."""
    return preview_from(payload.preview) if kind.needs_preview else None


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
