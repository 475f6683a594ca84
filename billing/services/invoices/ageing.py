"""How late open invoices are: pure arithmetic. Amounts are integers in the smallest unit.

Counted is every invoice with the status open of which anything is owed: the amount due less the amount paid. Days late
are calendar days of the reader's zone; what is due today is not late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billing.altostrat.resources.invoices import Invoice


class Bucket(StrEnum):
    """How late, from the best news to the worst."""

    NOT_DUE = "not due yet"
    TO_30 = "1 to 30 days late"
    TO_60 = "31 to 60 days late"
    TO_90 = "61 to 90 days late"
    OVER_90 = "more than 90 days late"
    NO_DUE_DATE = "without a due date"


_ENDS: Final = ((0, Bucket.NOT_DUE), (30, Bucket.TO_30), (60, Bucket.TO_60), (90, Bucket.TO_90))


@dataclass(frozen=True, slots=True)
class Item:
    """One open invoice. `owed` is None when Altostrat does not say, `days_late` without a due date; it is below zero
    before that day."""

    invoice: Invoice
    owed: int | None
    days_late: int | None

    @property
    def bucket(self) -> Bucket:
        """Where it belongs."""
        days = self.days_late
        if days is None:
            return Bucket.NO_DUE_DATE
        return next((bucket for end, bucket in _ENDS if days <= end), Bucket.OVER_90)


@dataclass(frozen=True, slots=True)
class Heap:
    """The items of one bucket: how many, and what is owed together; `untold` of them do not say how much."""

    amount: int = 0
    count: int = 0
    untold: int = 0

    def with_item(self, item: Item) -> Heap:
        """This heap with one more."""
        return Heap(self.amount + (item.owed or 0), self.count + 1, self.untold + (item.owed is None))


@dataclass(frozen=True, slots=True)
class Ages:
    """One currency ("" when none was told): every bucket in order, and the items, the latest first."""

    currency: str
    heaps: Mapping[Bucket, Heap]
    items: tuple[Item, ...]

    @property
    def whole(self) -> Heap:
        """All buckets added up."""
        return _heap(self.items)


def ages(invoices: Iterable[Invoice], zone: tzinfo, now: datetime) -> tuple[Ages, ...]:
    """The open ones among some invoices, by currency code."""
    today = _day(now, zone)
    found: dict[str, list[Item]] = {}
    for invoice in invoices:
        if is_owed(invoice):
            late = None if invoice.due_date is None else (today - _day(invoice.due_date, zone)).days
            item = Item(invoice, owed(invoice), late)
            found.setdefault((invoice.currency or "").lower(), []).append(item)
    return tuple(_ages(currency, found[currency]) for currency in sorted(found))


def _ages(currency: str, items: list[Item]) -> Ages:
    heaps = {bucket: _heap(item for item in items if item.bucket is bucket) for bucket in Bucket}
    items.sort(key=lambda item: (item.days_late is None, -(item.days_late or 0)))
    return Ages(currency, MappingProxyType(heaps), tuple(items))


def _heap(items: Iterable[Item]) -> Heap:
    heap = Heap()
    for item in items:
        heap = heap.with_item(item)
    return heap


def is_owed(invoice: Invoice) -> bool:
    """Whether anything is still owed of an invoice, as far as it says."""
    amount = owed(invoice)
    return invoice.status == "open" and (amount is None or amount > 0)


def owed(invoice: Invoice) -> int | None:
    """What is still owed of an invoice that is not settled; None when Altostrat does not say."""
    return None if invoice.amount_due is None else invoice.amount_due - (invoice.amount_paid or 0)


def _day(at: datetime, zone: tzinfo) -> date:
    try:
        return at.astimezone(zone).date()
    except (OverflowError, ValueError):  # at the first and the last year, where zones end
        return at.astimezone(UTC).date()
