"""What an account owes: what remains of its open invoices, per currency, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.aging import Item, items_of


@dataclass(frozen=True, slots=True)
class Owed:
    """Amounts by currency code, in the order of the codes; "" if there is no currency.

    `oldest_due` is the earliest due date, or the creation of an invoice without one. `days_late` is None if nothing is
    late. `without_amount` is the number of open invoices of which it is not known what remains.
    """

    amounts: Mapping[str, int]
    without_amount: int = 0
    oldest_due: datetime | None = None
    days_late: int | None = None


def owed_on(invoices: Iterable[Invoice], zone: tzinfo | None, now: datetime) -> Owed:
    """Return what remains to be paid. Days are calendar days of the zone."""
    items = list(items_of(invoices, zone, now))
    dated = [item for item in items if item.days_overdue is not None]
    oldest = max(dated, key=lambda item: item.days_overdue or 0, default=None)
    days = oldest.days_overdue if oldest is not None else None
    return Owed(
        _amounts(items),
        sum(item.remaining is None for item in items),
        (oldest.invoice.due_date or oldest.invoice.created_at) if oldest is not None else None,
        days if days is not None and days > 0 else None,
    )


def totals_owed(accounts: Iterable[Owed]) -> dict[str, int]:
    """Return the sum of the accounts per currency code, sorted."""
    sums: dict[str, int] = {}
    for owed in accounts:
        for currency, amount in owed.amounts.items():
            sums[currency] = sums.get(currency, 0) + amount
    return dict(sorted(sums.items()))


def _amounts(items: Iterable[Item]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for item in items:
        if item.remaining is not None:
            sums[item.currency] = sums.get(item.currency, 0) + item.remaining
    return dict(sorted(sums.items()))
