"""A preview of an invoice, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.pages.rendering.facts import UndocumentedField, facts_of, undocumented_fields
from billing.services.changes import Kind, Payload, previews
from billing.services.invoices.sums import Difference, differences


@dataclass(frozen=True, slots=True)
class Preview:
    """What Altostrat would charge. `age` is in words; `is_needed` is what may not be sent without one."""

    invoice: Invoice | None
    facts: Mapping[str, Any]
    lines: tuple[tuple[InvoiceLine, tuple[UndocumentedField, ...]], ...]
    differences: tuple[Difference, ...]
    made_at: datetime | None
    age: str
    is_old: bool
    request_id: str | None


def preview_of(kind: Kind, contents: Payload) -> Preview | None:
    """The preview of a change; None for a kind that has none, or where nothing is due."""
    if not kind.needs_preview:
        return None
    return shown(contents.preview)


def shown(preview: Mapping[str, Any] | None) -> Preview:
    """A preview as it is kept, or that there is none."""
    if preview is None:
        return Preview(None, {}, (), (), None, "", True, None)
    kept = dict(preview)
    invoice, made_at = previews.invoice_of(kept), previews.created_at(kept)
    return Preview(
        invoice,
        facts_of(invoice, kept["invoice"]),
        tuple((line, undocumented_fields(line.extra)) for line in invoice.lines or ()),
        differences(invoice),
        made_at,
        age_in_words(made_at),
        previews.is_expired(kept),
        kept.get("request_id"),
    )


def age_in_words(made_at: datetime) -> str:
    """ "less than a minute old", "3 minutes old"."""
    minutes = int((timezone.now() - made_at).total_seconds() // 60)
    if minutes < 1:
        return "less than a minute old"
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'} old"
    return f"{minutes // 60} hours old"
