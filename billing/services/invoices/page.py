"""One page of an account's invoices. `read_all` reads all pages."""

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
    """Return up to `limit` invoices (at most 200), newest first.

    `after` is the id of an invoice to continue with older ones, `before` with newer ones.
    """
    path = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    query = {"limit": str(limit), "after": after, "before": before}
    return Read(LIST_INVOICES, path, {name: value for name, value in query.items() if value})


def next_cursor(page: Listing[Invoice], limit: int = 0) -> str:
    """Return the cursor of the next page; empty at the end of the list.

    Older versions of Altostrat omit the cursor or `has_more`. In that case, another page may follow a full one.
    """
    if page.has_more is False or not page.items:
        return ""
    cursor = page.extra.get("next_cursor")
    last = page.items[-1].id or ""
    if isinstance(cursor, str) and cursor:
        return cursor
    is_full = page.has_more is None and 0 < limit <= len(page.items)
    return last if page.has_more or is_full else ""


def has_end(page: Listing[Invoice], limit: int) -> bool:
    """Return whether this is the last page."""
    return not page.has_more and not next_cursor(page, limit)
