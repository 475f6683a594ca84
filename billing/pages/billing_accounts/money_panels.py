"""The data of the panels about money: spend, and open invoices by days late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.invoices.spend_periods import period_of
from billing.services.billing_accounts.reads import INVOICES
from billing.services.invoices.aging import aging_by_currency, is_owed
from billing.services.invoices.spend import monthly_spend

_MONTHS: Final = 12
_SHAPES: Final = ("narrow", "medium")


def spend(data: AccountData) -> Mapping[str, Any]:
    """Return the spend of twelve months, per currency."""
    found = monthly_spend(data.items(INVOICES) or (), timezone.get_current_timezone(), data.now)
    return {
        "periods": [period_of(currency, _MONTHS, _SHAPES) for currency in found.currencies],
        "spend": found,
        "zone": timezone.get_current_timezone_name(),
    }


def aging(data: AccountData) -> Mapping[str, Any]:
    """Return what remains per currency and bucket, without the empty buckets."""
    parts = aging_by_currency(data.items(INVOICES) or (), timezone.get_current_timezone(), data.now)
    totals = [
        (part, [(bucket, total) for bucket, total in part.buckets.items() if total.count]) for part in parts
    ]
    return {"parts": totals, "zone": timezone.get_current_timezone_name()}


def has_open(data: AccountData) -> bool:
    """Return whether any invoice is owed."""
    return any(map(is_owed, data.items(INVOICES) or ()))
