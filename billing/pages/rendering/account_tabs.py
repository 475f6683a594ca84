"""The pages of one billing account, for the row of links that they share; built in, no {% load %} needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django import template
from django.urls import NoReverseMatch, reverse

register = template.Library()

# What a page calls itself, its title, its icon, its address's name.
_WAYS: Final = (
    ("overview", "Overview", "layout-dashboard", "billing-account"),
    ("invoices", "Invoices", "file-invoice", "invoices"),
    ("subscriptions", "Subscriptions", "repeat", "subscriptions"),
    ("preview", "Preview", "receipt", "invoice-preview"),
    ("payment-methods", "Payment methods", "credit-card", "payment-methods"),
    ("spend", "Spend", "chart-bar", "spend"),
    ("ageing", "Ageing", "hourglass", "ageing"),
    ("history", "History", "history", "account-history"),
    ("notes", "Notes", "notes", "account-notes"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """A link to one of an account's pages. `key` is what `current` names."""

    key: str
    title: str
    icon: str
    address: str


@register.filter
def account_ways(workspace_id: str, billing_account_id: str) -> tuple[Way, ...]:
    """The account's pages that have an address."""
    found = []
    for key, title, icon, name in _WAYS:
        try:
            address = reverse(name, args=(workspace_id, billing_account_id))
        except NoReverseMatch:
            continue
        found.append(Way(key, title, icon, address))
    return tuple(found)
