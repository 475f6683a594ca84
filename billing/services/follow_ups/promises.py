"""A promise to pay, and what a later read of the invoices says about it. Amounts are integers in the smallest unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum

from billing.altostrat.resources.invoices import Invoice
from billing.services.dates import in_zone
from billing.services.invoices.aging import items_of
from billing.services.invoices.settlement import remaining


class State(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    # The day has passed, and no read since then shows whether it was paid.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Promised:
    """An open invoice at the time of the promise, and what remained of it."""

    currency: str
    remaining: int


@dataclass(frozen=True, slots=True)
class Promise:
    """`amounts` are by currency code in lower case. Without them, all of `invoices`, by their IDs, will be paid."""

    day: date
    amounts: Mapping[str, int]
    invoices: Mapping[str, Promised]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a promise, and what is left of it by currency code, from invoices read at `as_of`."""

    state: State
    left: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(slots=True)
class _Sum:
    """Of one currency: what was paid since the promise, what is still open, and what was open of unread invoices."""

    paid: int = 0
    open: int = 0
    unread: int = 0


def covered_invoices(
    invoices: Iterable[Invoice], day: date, zone: tzinfo | None, now: datetime
) -> dict[str, Promised]:
    """Return the open invoices that are due by the promised day, as they are now. Days are those of the zone."""
    items = list(items_of(invoices, zone, now))
    latest = (day - in_zone(now, zone).date()).days
    return {
        item.invoice.id: Promised(item.currency, item.remaining)
        for item in items
        if item.invoice.id
        and item.remaining is not None
        and (item.invoice.due_date is None or -(item.days_overdue or 0) <= latest)
    }


def progress(
    promise: Promise,
    invoices: Iterable[Invoice] | None,
    as_of: datetime | None,
    *,
    zone: tzinfo | None,
    now: datetime,
) -> Progress:
    """Return what the invoices say. It is broken only if a read after its day shows that something is still open."""
    has_passed = in_zone(now, zone).date() > promise.day
    if invoices is None or as_of is None or not promise.invoices:
        return Progress(State.UNKNOWN if has_passed else State.OPEN)
    sums = _sums(promise, invoices)
    left = {code: _left(promise, code, one) for code, one in sums.items()}
    left = {code: amount for code, amount in sorted(left.items()) if amount}
    is_unread = any(one.unread for one in sums.values())
    if not left and not is_unread:
        return Progress(State.KEPT, {}, as_of)
    if not has_passed:
        return Progress(State.OPEN, left, as_of)
    # Even if the invoices that were not read have been paid.
    is_sure = any(amount > sums[code].unread for code, amount in left.items())
    was_read_after = in_zone(as_of, zone).date() > promise.day
    return Progress(State.BROKEN if is_sure and was_read_after else State.UNKNOWN, left, as_of)


def _sums(promise: Promise, invoices: Iterable[Invoice]) -> dict[str, _Sum]:
    found = {invoice.id: invoice for invoice in invoices}
    sums: dict[str, _Sum] = {}
    for invoice_id, promised in promise.invoices.items():
        one = sums.setdefault(promised.currency, _Sum())
        invoice = found.get(invoice_id)
        now = None if invoice is None else remaining(invoice)
        if invoice is None or now is None:
            one.unread += promised.remaining
        elif invoice.status == "open":
            one.open += now
            one.paid += max(promised.remaining - now, 0)
        elif invoice.status == "paid":
            one.paid += promised.remaining
    return sums


def _left(promise: Promise, code: str, one: _Sum) -> int:
    """Return what is left, at most what is open or may be."""
    can_be_open = one.open + one.unread
    if not promise.amounts:
        return can_be_open
    return min(max(promise.amounts.get(code, 0) - one.paid, 0), can_be_open)
