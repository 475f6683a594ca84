"""Open invoices by days late. Amounts are integers in the smallest unit.

Every open invoice of which something remains to be paid is included, with the remaining amount. Days are calendar days
in the reader's zone, from the due date, or from the creation of an invoice without one; an invoice that is due today is
not overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.dates import in_zone
from billing.services.invoices.settlement import remaining


class Bucket(StrEnum):
    """Ranges of days late, least overdue first."""

    NOT_DUE = "not due yet"
    TO_30 = "1 to 30 days late"
    TO_60 = "31 to 60 days late"
    TO_90 = "61 to 90 days late"
    OVER_90 = "more than 90 days late"
    NO_DATE = "no date"


_LAST_DAYS: Final = ((0, Bucket.NOT_DUE), (30, Bucket.TO_30), (60, Bucket.TO_60), (90, Bucket.TO_90))


@dataclass(frozen=True, slots=True)
class Item:
    """An open invoice.

    `remaining` is None if it is not known. `days_overdue` is negative before the due date, and None without any date.
    """

    invoice: Invoice
    remaining: int | None
    days_overdue: int | None

    @property
    def currency(self) -> str:
        return (self.invoice.currency or "").lower()

    @property
    def days_late(self) -> int | None:
        """0 before the due date and on it."""
        return None if self.days_overdue is None else max(self.days_overdue, 0)

    @property
    def bucket(self) -> Bucket:
        days = self.days_overdue
        if days is None:
            return Bucket.NO_DATE
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
    """Return the open invoices, sorted by currency code."""
    found: dict[str, list[Item]] = {}
    for item in items_of(invoices, zone, now):
        found.setdefault(item.currency, []).append(item)
    return tuple(_aging(currency, found[currency]) for currency in sorted(found))


def items_of(invoices: Iterable[Invoice], zone: tzinfo | None, now: datetime) -> Iterator[Item]:
    """Yield the open invoices, in their order."""
    today = in_zone(now, zone).date()
    for invoice in filter(is_owed, invoices):
        since = invoice.due_date or invoice.created_at
        days = None if since is None else (today - in_zone(since, zone).date()).days
        yield Item(invoice, remaining(invoice), days)


def bucket_totals(items: Iterable[Item]) -> Mapping[Bucket, Total]:
    """Return the total of every bucket, in order. The buckets add up to `total_of` the items."""
    found: dict[Bucket, list[Item]] = {bucket: [] for bucket in Bucket}
    for item in items:
        found[item.bucket].append(item)
    return MappingProxyType({bucket: total_of(found[bucket]) for bucket in Bucket})


def total_of(items: Iterable[Item]) -> Total:
    amounts = [item.remaining for item in items]
    return Total(sum(filter(None, amounts)), len(amounts), amounts.count(None))


def sum_of(totals: Iterable[Total]) -> Total:
    found = tuple(totals)
    return Total(
        sum(one.amount for one in found),
        sum(one.count for one in found),
        sum(one.without_amount for one in found),
    )


def most_overdue_first(item: Item) -> tuple[bool, int]:
    """Return a sort key. Items without a date are last."""
    return item.days_overdue is None, -(item.days_overdue or 0)


def is_owed(invoice: Invoice) -> bool:
    """Return whether an invoice is open, and something remains to be paid, or may remain."""
    return invoice.status == "open" and remaining(invoice) != 0


def _aging(currency: str, items: list[Item]) -> CurrencyAging:
    return CurrencyAging(currency, bucket_totals(items), tuple(sorted(items, key=most_overdue_first)))
