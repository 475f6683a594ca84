"""Labels for the codes that Altostrat and Stripe send.

https://docs.stripe.com/invoicing/overview#invoice-statuses and
https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django import template

from billing import labels, payment_names
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.web_links import is_web_link

register = template.Library()
register.filter(is_web_link)


@dataclass(frozen=True, slots=True)
class StatusLabel:
    """A title, the CSS class of its tag, and a sentence that explains it (empty for an unknown status)."""

    title: str
    css: str = ""
    note: str = ""


INVOICE_STATUSES: Final[Mapping[str, StatusLabel]] = {
    "draft": StatusLabel("Draft", "", "Not issued yet; it can still change."),
    "open": StatusLabel("Open", "tag-blue", "Issued, and not paid in full."),
    "paid": StatusLabel("Paid", "tag-green", "Paid in full."),
    "uncollectible": StatusLabel("Uncollectible", "tag-red", "Not paid, and no payment is expected."),
    "void": StatusLabel("Void", "", "Voided; nothing is owed."),
}
SUBSCRIPTION_STATUSES: Final[Mapping[str, StatusLabel]] = {
    code: StatusLabel(labels.SUBSCRIPTION_STATUSES[code], css, note)
    for code, css, note in (
        ("active", "tag-green", "Payments are up to date."),
        ("trialing", "tag-blue", "Nothing is charged until the trial ends."),
        ("past_due", "tag-red", "The last payment failed or was not made."),
        ("unpaid", "tag-red", "Payments failed and are no longer retried."),
        ("incomplete", "tag-amber", "The first payment has not succeeded yet."),
        ("incomplete_expired", "", "The first payment was not made in time."),
        ("paused", "tag-amber", "No invoices are created until it resumes."),
        ("canceled", "", "It has ended."),
    )
}


@register.filter
def invoice_status(code: str | None) -> StatusLabel:
    return INVOICE_STATUSES.get(code or "") or _unknown(code)


@register.filter
def subscription_status(code: str | None) -> StatusLabel:
    return SUBSCRIPTION_STATUSES.get(code or "") or _unknown(code)


def _unknown(code: str | None) -> StatusLabel:
    return StatusLabel(f"Unknown status “{code}”" if code else "Unknown status")


@register.filter
def status_check(found: str) -> str:
    """Return what a status check found: "inconclusive", say."""
    return labels.STATUS_CHECKS.get(found, found)


@register.filter
def payment_method_type(code: str | None) -> str:
    return payment_names.payment_method_type_name(code)


@register.filter
def payment_method_name(method: PaymentMethod) -> str:
    return payment_names.payment_method_name(method.brand, method.type)


@register.filter
def product(code: str | None) -> str:
    """Return "Locations" for "locations"; an unknown product is returned unchanged."""
    return labels.PRODUCTS.get(code or "", code or "")


@register.filter
def month(value: tuple[int, int]) -> str:
    """Return "March 2026"."""
    return f"{date(*value, 1):%B %Y}"
