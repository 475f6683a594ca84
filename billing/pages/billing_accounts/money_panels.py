"""What is inside the panels about money of a billing account's page: spend, and how late what is open is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from billing.pages.billing_accounts.panels import Sight
from billing.pages.invoices.spend_periods import period_of
from billing.services.billing_accounts.reads import INVOICES
from billing.services.invoices.ageing import ages, is_owed
from billing.services.invoices.spend import monthly

_MONTHS: Final = 12


def spend(sight: Sight) -> Mapping[str, Any]:
    """Twelve months, per currency."""
    found = monthly(sight.items(INVOICES) or (), timezone.get_current_timezone(), sight.now)
    return {
        "periods": [period_of(ledger, _MONTHS) for ledger in found.ledgers],
        "spend": found,
        "zone": timezone.get_current_timezone_name(),
    }


def ageing(sight: Sight) -> Mapping[str, Any]:
    """What is owed, per currency and age; without the ages of which nothing is."""
    parts = ages(sight.items(INVOICES) or (), timezone.get_current_timezone(), sight.now)
    heaps = [(part, [(bucket, heap) for bucket, heap in part.heaps.items() if heap.count]) for part in parts]
    return {"parts": heaps, "zone": timezone.get_current_timezone_name()}


def has_open(sight: Sight) -> bool:
    """Whether there is an invoice whose age counts."""
    return any(map(is_owed, sight.items(INVOICES) or ()))
