"""The addresses that a view can save: lists, queues and reports of this portal, with filters and order."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.urls import Resolver404, resolve

from billing.pages.frame.access import Access
from billing.roles import Permission

LISTS: Final = frozenset(
    {
        *("queues", "queue", "report-aging", "report-invoices", "report-revenue", "report-expected-bills"),
        *("workspaces", "billing-accounts", "members", "organizations"),
        *("invoices", "subscriptions", "payment-methods"),
        *("changes", "people", "audit"),
    }
)
# A position in a list, or the format of a file: not a filter.
_NOT_SAVED: Final = frozenset({"page", "after", "before", "format", "links", "partial"})


def saved_address(address: str) -> str:
    """Return the path and the query to save; "" if it is not the address of a list."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or _permission_of(parts.path) is None:
        return ""
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in _NOT_SAVED]
    return parts.path + (f"?{urlencode(query)}" if query else "")


def may_open(address: str, permissions: frozenset[Permission]) -> bool:
    """Return whether these permissions open the page of an address."""
    return _permission_of(urlsplit(address).path) in permissions


def _permission_of(path: str) -> Permission | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    needs: Access | Permission | None = getattr(match.func, "needs", None)
    return needs if match.url_name in LISTS and isinstance(needs, Permission) else None
