"""Invoices and invoice previews. https://altostrat.io/docs/api/en/invoices"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}/invoices"

# https://altostrat.io/docs/api/en/invoices/list-invoices
LIST_INVOICES: Final[Operation[Listing[Invoice]]] = Operation(
    name="list_invoices",
    method="GET",
    path_template=_ALL,
    parse=Listing.reader(Invoice.from_json, has_pages=True),
    is_listing=True,
    identity={"customer_id": "billingAccountId"},
    query=frozenset({"limit", "after", "before"}),
)

# https://altostrat.io/docs/api/en/invoices/preview-an-invoice
PREVIEW_INVOICE: Final[Operation[Invoice]] = Operation(
    name="preview_invoice",
    method="POST",
    path_template=f"{_ALL}/preview",
    parse=Invoice.from_json,
    identity={"customer_id": "billingAccountId"},
    is_repeatable=True,
)
