"""The tabs that all pages of a billing account share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django import template
from django.urls import NoReverseMatch

from billing.pages.rendering.paths import path_of

register = template.Library()

# The key that `current` names, the title, the name of the URL.
_TABS: Final = (
    ("overview", "Overview", "billing-account"),
    ("invoices", "Invoices", "invoices"),
    ("subscriptions", "Subscriptions", "subscriptions"),
    ("preview", "Preview", "invoice-preview"),
    ("payment-methods", "Payment methods", "payment-methods"),
    ("spend", "Spend", "spend"),
    ("aging", "Aging", "aging"),
    ("history", "History", "account-history"),
    ("notes", "Notes", "account-notes-search"),
)


@dataclass(frozen=True, slots=True)
class AccountTab:
    key: str
    title: str
    address: str


@register.filter
def account_tabs(workspace_id: str, billing_account_id: str) -> tuple[AccountTab, ...]:
    """Return the tabs of an account; empty if no URL can hold its ids."""
    ids = (workspace_id, billing_account_id)
    try:
        return tuple(AccountTab(key, title, path_of(name, *ids)) for key, title, name in _TABS)
    except NoReverseMatch:
        return ()
