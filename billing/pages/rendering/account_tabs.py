"""The tabs that all pages of a billing account share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django import template
from django.urls import NoReverseMatch, reverse

register = template.Library()

# The key that `current` names, the title, the icon, the name of the URL.
_TABS: Final = (
    ("overview", "Overview", "layout-dashboard", "billing-account"),
    ("invoices", "Invoices", "file-invoice", "invoices"),
    ("subscriptions", "Subscriptions", "repeat", "subscriptions"),
    ("preview", "Preview", "receipt", "invoice-preview"),
    ("payment-methods", "Payment methods", "credit-card", "payment-methods"),
    ("spend", "Spend", "chart-bar", "spend"),
    ("aging", "Aging", "hourglass", "aging"),
    ("history", "History", "history", "account-history"),
    ("notes", "Notes", "notes", "account-notes"),
)


@dataclass(frozen=True, slots=True)
class AccountTab:
    key: str
    title: str
    icon: str
    address: str


@register.filter
def account_tabs(workspace_id: str, billing_account_id: str) -> tuple[AccountTab, ...]:
    """The tabs of an account; empty if no URL can hold its ids."""
    ids = (workspace_id, billing_account_id)
    try:
        return tuple(
            AccountTab(key, title, icon, reverse(name, args=ids)) for key, title, icon, name in _TABS
        )
    except NoReverseMatch:
        return ()
