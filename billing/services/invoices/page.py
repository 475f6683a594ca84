"""Invoices: a page of the list, as a read; `invoice_walk` reads all of them."""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.services.reads import Read

PAGE_SIZE: Final = 100
MAX_PAGES: Final = 100


def page_of(
    workspace_id: str, billing_account_id: str, *, limit: int = PAGE_SIZE, after: str = "", before: str = ""
) -> Read[Listing[Invoice]]:
    """One page of invoices, newest first: 1 to 200 behind the invoice `after`, or in front of the invoice `before`."""
    path = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    query = {"limit": str(limit), "after": after, "before": before}
    return Read(LIST_INVOICES, path, {name: value for name, value in query.items() if value})


def next_cursor(page: Listing[Invoice], limit: int = 0) -> str:
    """Where the next page begins, or nothing at the end. Older answers leave the cursor out, or `has_more`: then a
    page of all the `limit` that were asked for may have another behind it."""
    if page.has_more is False or not page.items:
        return ""
    named = page.extra.get("next_cursor")
    last = page.items[-1].id or ""
    if isinstance(named, str) and named:
        return named
    is_full = page.has_more is None and 0 < limit <= len(page.items)
    return last if page.has_more or is_full else ""


def has_end(page: Listing[Invoice], limit: int) -> bool:
    """Whether nothing is behind this page, as far as it says."""
    return not page.has_more and not next_cursor(page, limit)
