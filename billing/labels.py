"""The label of each field and status of Altostrat's objects, for pages, forms, reviews and files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PRODUCTS: Final[Mapping[str, str]] = MappingProxyType(
    {"locations": "Locations", "users": "Users", "sso": "Single sign-on"}
)
SUBSCRIPTION_STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "active": "Active",
        "trialing": "In trial",
        "past_due": "Past due",
        "unpaid": "Unpaid",
        "incomplete": "Incomplete",
        "incomplete_expired": "Never started",
        "paused": "Paused",
        "canceled": "Canceled",
    }
)
# What a status check found, see `Change.Found`.
STATUS_CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {"applied": "applied", "not applied": "not applied", "cannot tell": "inconclusive"}
)
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Name",
        "description": "Description",
        "email": "Email",
        "phone": "Phone",
        "currency": "Currency",
        "line1": "Address line 1",
        "line2": "Address line 2",
        "city": "City",
        "state": "State or province",
        "postal_code": "Postal code",
        "country": "Country",
        "billing_mode": "Billing mode",
        "archived": "Archived",
        "billing_account": "Billing account",
        "billing_account_id": "Billing account",
        "below": "Child organizations",
        "user_id": "User ID",
        "role": "Role",
        "status": "Status",
        "ends": "Ends",
        "sync": "Synchronization",
        "default": "Default",
        "payment_method": "Payment method",
        "form": "Card form",
        "created_at": "Created",
        "updated_at": "Updated",
    }
)


def label(name: str) -> str:
    """Return the label of a field, which may be a dotted name such as "address.city", "product.users" or "limits.sso".

    A field without a label is shown under its own name.
    """
    group, _, key = name.partition(".")
    if group == "product":
        return PRODUCTS.get(key, key)
    if group == "limits":
        return f"{PRODUCTS.get(key, key)} limit"
    if group == "metadata":
        return f"Metadata: {key}"
    return FIELDS.get(name.removeprefix("address."), name)
