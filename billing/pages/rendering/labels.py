"""What Altostrat's and Stripe's short codes mean, in words; built in, no {% load %} needed.

A code that nobody documented is shown as it is. https://docs.stripe.com/invoicing/overview#invoice-statuses and
https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from django import template

from billing import payment_names
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.labels import PRODUCTS

register = template.Library()


@dataclass(frozen=True, slots=True)
class Word:
    """A code's title, the class of its tag, and what it means in a sentence; `note` is empty for an unknown code."""

    title: str
    css: str = ""
    note: str = ""


INVOICE_STATUSES: Final[Mapping[str, Word]] = {
    "draft": Word("Draft", "", "Not issued yet; it can still change."),
    "open": Word("Open", "tag-blue", "Issued and not paid, or not in full."),
    "paid": Word("Paid", "tag-green", "Paid in full."),
    "uncollectible": Word("Uncollectible", "tag-red", "Not paid, and no payment is expected."),
    "void": Word("Void", "", "Taken back; nothing is owed."),
}
SUBSCRIPTION_STATUSES: Final[Mapping[str, Word]] = {
    "active": Word("Active", "tag-green", "It is being paid."),
    "trialing": Word("In trial", "tag-blue", "Nothing is charged until the trial ends."),
    "past_due": Word("Past due", "tag-red", "The last payment failed or is missing."),
    "unpaid": Word("Unpaid", "tag-red", "Payments failed, and no more are tried."),
    "incomplete": Word("Incomplete", "tag-amber", "The first payment has not succeeded yet."),
    "incomplete_expired": Word("Never started", "", "The first payment was not made in time."),
    "paused": Word("Paused", "tag-amber", "No invoices are made for now."),
    "canceled": Word("Cancelled", "", "It has ended."),
}


@register.filter
def invoice_status(code: str | None) -> Word:
    """An invoice's status."""
    return INVOICE_STATUSES.get(code or "", Word(code or "Not told"))


@register.filter
def subscription_status(code: str | None) -> Word:
    """A subscription's status."""
    return SUBSCRIPTION_STATUSES.get(code or "", Word(code or "Not told"))


@register.filter
def payment_method_type(code: str | None) -> str:
    return payment_names.payment_method_type_name(code)


@register.filter
def payment_method_name(method: PaymentMethod) -> str:
    return payment_names.payment_method_name(method.brand, method.type)


@register.filter
def product(code: str | None) -> str:
    """A metered product: "Locations" for "locations"; an unknown one as it is."""
    return PRODUCTS.get(code or "", code or "")


@register.filter
def is_web_link(address: str | None) -> bool:
    """Whether a browser may be led there: https and nothing else."""
    try:
        return urlsplit(address or "").scheme == "https"
    except ValueError:  # "https://["
        return False


@register.filter
def month(value: tuple[int, int]) -> str:
    """ "March 2026"."""
    return f"{date(*value, 1):%B %Y}"
