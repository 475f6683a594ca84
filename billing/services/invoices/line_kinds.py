"""What an invoice line is for, according to fields of Stripe that Altostrat does not document and may pass on.

Stripe has moved them into `parent`: https://docs.stripe.com/api/invoice-line-item/object
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from billing.altostrat.resources.invoices import InvoiceLine

# As Stripe words them: "Unused time on Users after 3 Nov 2026".
_PRORATION: Final = re.compile(r"\bunused\b|\bremaining time\b|prorr?at|pro rata|\banteilig", re.IGNORECASE)
_PARENTS: Final = ("parent", "subscription_item_details", "invoice_item_details")


def is_proration(line: InvoiceLine) -> bool:
    """Return whether the line charges or credits a part of a period: as its fields say, otherwise its description."""
    return any(map(_says_proration, _levels(line.extra))) or bool(_PRORATION.search(line.description or ""))


def is_invoice_item(line: InvoiceLine) -> bool:
    """Return whether the line charges something beside the subscription."""
    parent = line.extra.get("parent")
    new_type = parent.get("type") if isinstance(parent, Mapping) else None
    return line.extra.get("type") == "invoiceitem" or new_type == "invoice_item_details"


def subscription_item(line: InvoiceLine) -> str:
    """Return the ID of the subscription item, empty if Altostrat does not pass it on."""
    for fields in _levels(line.extra):
        value = fields.get("subscription_item")
        found = value.get("id") if isinstance(value, Mapping) else value
        if isinstance(found, str) and found:
            return found
    return ""


def _says_proration(fields: Mapping[str, object]) -> bool:
    details = fields.get("proration_details")
    has_credited = isinstance(details, Mapping) and bool(details.get("credited_items"))
    return has_credited or any(fields.get(name) in (True, "true") for name in ("proration", "is_proration"))


def _levels(fields: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield the fields, and those inside them that describe the line."""
    yield fields
    for name in _PARENTS:
        inner = fields.get(name)
        if isinstance(inner, Mapping):
            yield from _levels(inner)
