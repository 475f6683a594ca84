"""The amount charged in each month. Amounts are integers in the smallest unit.

Paid, open and uncollectible invoices are included, each with its total after discount and tax, in the month of its
creation. Only what remains of an open invoice counts as open; the rest of its total was paid or covered by credit, and
counts as paid. Drafts and voided invoices are not owed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.settlement import credited_later, remaining

INCLUDED: Final = ("paid", "open", "uncollectible")
_EXCLUDED: Final = frozenset({"draft", "void"})

Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A month such as (2026, 11), or None for invoices without a date. `amounts` has each status of INCLUDED."""

    month: Month | None
    amounts: Mapping[str, int]
    count: int

    @property
    def total(self) -> int:
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True)
class CurrencySpend:
    """One currency ("" if there is none). `rows` are consecutive months, oldest first, then the one without a month."""

    currency: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        return sum_rows(self.rows)


@dataclass(frozen=True, slots=True)
class Spend:
    """The spend by currency code, and the number of invoices that are not part of it: those without a total, and by
    status those that are excluded or have an unknown status.

    `not_split` is the number of open or uncollectible invoices that do not say what remains: their whole totals count
    as open or uncollectible. `with_credit_notes` is the number of invoices that were credited after the payment, which
    is not deducted.
    """

    currencies: tuple[CurrencySpend, ...]
    without_total: int
    excluded: Mapping[str, int]
    unknown: Mapping[str, int]
    not_split: int = 0
    with_credit_notes: int = 0


def monthly_spend(invoices: Iterable[Invoice], zone: tzinfo, now: datetime) -> Spend:
    """Return the spend by month in the reader's zone, up to the current month."""
    sums: dict[str, dict[Month | None, dict[str, int]]] = {}
    counts: Counter[tuple[str, Month | None]] = Counter()
    excluded: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    without_total = not_split = with_credit_notes = 0
    for invoice in invoices:
        status = invoice.status or ""
        if status not in INCLUDED:
            (excluded if status in _EXCLUDED else unknown)[status] += 1
        elif invoice.total is None:
            without_total += 1
        else:
            currency, month = (invoice.currency or "").lower(), _month(invoice.created_at, zone)
            row = sums.setdefault(currency, {}).setdefault(month, dict.fromkeys(INCLUDED, 0))
            left = remaining(invoice)
            not_split += left is None
            with_credit_notes += credited_later(invoice) > 0
            for part, amount in _split(status, invoice.total, left).items():
                row[part] += amount
            counts[currency, month] += 1
    current = _month(now, zone)
    currencies = tuple(
        CurrencySpend(currency, tuple(_rows(currency, sums[currency], counts, current)))
        for currency in sorted(sums)
    )
    return Spend(
        currencies,
        without_total,
        dict(sorted(excluded.items())),
        dict(sorted(unknown.items())),
        not_split,
        with_credit_notes,
    )


def sum_rows(rows: Iterable[Row]) -> Row:
    """Return the sum of the rows, which has no month."""
    listed = tuple(rows)
    amounts = {status: sum(row.amounts[status] for row in listed) for status in INCLUDED}
    return Row(None, amounts, sum(row.count for row in listed))


def _split(status: str, total: int, left: int | None) -> dict[str, int]:
    """Return the parts of a total. An earlier balance may also remain, which is not part of it."""
    unsettled = total if left is None else min(left, max(total, 0))
    return {"paid": total} if status == "paid" else {status: unsettled, "paid": total - unsettled}


def _rows(
    currency: str,
    sums: Mapping[Month | None, Mapping[str, int]],
    counts: Mapping[tuple[str, Month | None], int],
    current: Month | None,
) -> Iterable[Row]:
    dated = [month for month in (*sums, current) if month is not None]
    for month in _months(min(dated), max(dated)):
        yield Row(month, sums.get(month) or dict.fromkeys(INCLUDED, 0), counts.get((currency, month), 0))
    if None in sums:
        yield Row(None, sums[None], counts[currency, None])


def _months(first: Month, last: Month) -> Iterable[Month]:
    for number in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        yield number // 12, number % 12 + 1


def _month(at: datetime | None, zone: tzinfo) -> Month | None:
    """Return the month; None without a date, or for an impossible one, which would add thousands of empty months."""
    if at is None or not 1990 < at.year < 2190:
        return None
    local = at.astimezone(zone)
    return local.year, local.month
