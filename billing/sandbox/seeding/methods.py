"""Payment methods from a story. The last digits are those of Stripe's test cards."""

from __future__ import annotations

from datetime import datetime

from billing.sandbox import Document
from billing.sandbox.moments import add_months
from billing.sandbox.prices import fingerprint
from billing.sandbox.seeding.story import Method


def payment_method(account: Document, method: Method, number: int, now: datetime) -> Document:
    expires = None if method.expires_in is None else add_months(now.replace(day=1), method.expires_in)
    return {
        "id": method.id or f"pm_{fingerprint(account['id'], 'method', number)[:24]}",
        "type": method.type,
        "is_default": method.default,
        "brand": method.brand,
        "last4": method.last4,
        "exp_month": expires.month if expires else None,
        "exp_year": expires.year if expires else None,
        "name": method.name or account["name"],
        "bank_name": method.bank_name,
    }
