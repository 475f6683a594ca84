"""Open invoices by days overdue. Amounts are integers in the smallest unit.

Every open invoice of which something remains to be paid is included, with the remaining amount. Days are calendar days
in the reader's zone; an invoice that is due today is not overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.dates import in_zone
from billing.services.invoices.settlement import remaining


class Bucket(StrEnum):
    """Days overdue, least overdue first."""

    NOT_DUE = "not due yet"
    TO_30 = "1 to 30 days overdue"
    TO_60 = "31 to 60 days overdue"
    TO_90 = "61 to 90 days overdue"
    OVER_90 = "more than 90 days overdue"
    NO_DUE_DATE = "no due date"


_LAST_DAYS: Final = ((0, Bucket.NOT_DUE), (30, Bucket.TO_30), (60, Bucket.TO_60), (90, Bucket.TO_90))


@dataclass(frozen=True, slots=True)
class Item:
    """An open invoice. `remaining` is None if it is not known. `days_overdue` is None without a due date, and negative
    before it."""

    invoice: Invoice
    remaining: int | None
    days_overdue: int | None

    @property
    def bucket(self) -> Bucket:
        days = self.days_overdue
        if days is None:
            return Bucket.NO_DUE_DATE
        return next((bucket for last, bucket in _LAST_DAYS if days <= last), Bucket.OVER_90)


@dataclass(frozen=True, slots=True)
class Total:
    """What remains of some items. `without_amount` is the number of items of which it is not known."""

    amount: int = 0
    count: int = 0
    without_amount: int = 0


@dataclass(frozen=True, slots=True)
class CurrencyAging:
    """One currency ("" if there is none): the total of each bucket in order, and the items, most overdue first."""

    currency: str
    buckets: Mapping[Bucket, Total]
    items: tuple[Item, ...]

    @property
    def total(self) -> Total:
        return total_of(self.items)


def aging_by_currency(invoices: Iterable[Invoice], zone: tzinfo, now: datetime) -> tuple[CurrencyAging, ...]:
    """The open invoices, sorted by currency code."""
    today = in_zone(now, zone).date()
    found: dict[str, list[Item]] = {}
    for invoice in invoices:
        if is_owed(invoice):
            due = None if invoice.due_date is None else in_zone(invoice.due_date, zone).date()
            days = None if due is None else (today - due).days
            item = Item(invoice, remaining(invoice), days)
            found.setdefault((invoice.currency or "").lower(), []).append(item)
    return tuple(_aging(currency, found[currency]) for currency in sorted(found))


def total_of(items: Iterable[Item]) -> Total:
    amounts = [item.remaining for item in items]
    return Total(sum(amount or 0 for amount in amounts), len(amounts), amounts.count(None))


def is_owed(invoice: Invoice) -> bool:
    """Whether an invoice is open, and something remains to be paid, or may remain."""
    return invoice.status == "open" and remaining(invoice) != 0


def _aging(currency: str, items: list[Item]) -> CurrencyAging:
    buckets = {bucket: total_of(item for item in items if item.bucket is bucket) for bucket in Bucket}
    items.sort(key=lambda item: (item.days_overdue is None, -(item.days_overdue or 0)))
    return CurrencyAging(currency, MappingProxyType(buckets), tuple(items))
