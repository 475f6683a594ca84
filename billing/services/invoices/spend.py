"""What was charged in each month: pure arithmetic over invoices. Amounts are integers in the smallest unit.

Counted are invoices that were issued and stand: paid, open and uncollectible, each with its total after discount and
tax, in the month of its creation. A draft is not issued yet, a void one was taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from billing.altostrat.resources.invoices import Invoice

COUNTED: Final = ("paid", "open", "uncollectible")
_LEFT_OUT: Final = frozenset({"draft", "void"})

Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One month, (2026, 11), or None for invoices without a date; `amounts` by status, for each of COUNTED."""

    month: Month | None
    amounts: Mapping[str, int]
    count: int

    @property
    def total(self) -> int:
        """All statuses together."""
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True)
class Ledger:
    """One currency ("" when none was told). `rows` are oldest first and without gaps, the one without a month last."""

    currency: str
    rows: tuple[Row, ...]

    @property
    def whole(self) -> Row:
        """All rows added up."""
        return added_up(self.rows)


@dataclass(frozen=True, slots=True)
class Spend:
    """`ledgers` by currency code. The rest is what is in none of them: invoices without a total, and how many there are
    of each status that does not count or that nobody knows."""

    ledgers: tuple[Ledger, ...]
    without_total: int
    left_out: Mapping[str, int]
    unknown: Mapping[str, int]


def monthly(invoices: Iterable[Invoice], zone: tzinfo, now: datetime) -> Spend:
    """The spend of each month of the reader's zone, up to the present one."""
    sums: dict[str, dict[Month | None, dict[str, int]]] = {}
    counts: Counter[tuple[str, Month | None]] = Counter()
    left_out: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    without_total = 0
    for invoice in invoices:
        status = invoice.status or ""
        if status not in COUNTED:
            (left_out if status in _LEFT_OUT else unknown)[status] += 1
        elif invoice.total is None:
            without_total += 1
        else:
            currency, month = (invoice.currency or "").lower(), _month(invoice.created_at, zone)
            row = sums.setdefault(currency, {}).setdefault(month, dict.fromkeys(COUNTED, 0))
            row[status] += invoice.total
            counts[currency, month] += 1
    present = _month(now, zone)
    ledgers = tuple(
        Ledger(currency, tuple(_rows(currency, sums[currency], counts, present))) for currency in sorted(sums)
    )
    return Spend(ledgers, without_total, dict(sorted(left_out.items())), dict(sorted(unknown.items())))


def added_up(rows: Iterable[Row]) -> Row:
    """Some rows as one, of no month."""
    listed = tuple(rows)
    amounts = {status: sum(row.amounts[status] for row in listed) for status in COUNTED}
    return Row(None, amounts, sum(row.count for row in listed))


def _rows(
    currency: str,
    sums: Mapping[Month | None, Mapping[str, int]],
    counts: Mapping[tuple[str, Month | None], int],
    present: Month | None,
) -> Iterable[Row]:
    dated = [month for month in (*sums, present) if month is not None]
    for month in _span(min(dated), max(dated)):
        yield Row(month, sums.get(month) or dict.fromkeys(COUNTED, 0), counts.get((currency, month), 0))
    if None in sums:
        yield Row(None, sums[None], counts[currency, None])


def _span(first: Month, last: Month) -> Iterable[Month]:
    """Every month from the first to the last. A date of another age must not become a million rows: see _month."""
    for number in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        yield number // 12, number % 12 + 1


def _month(at: datetime | None, zone: tzinfo) -> Month | None:
    """The month in the reader's zone; None for no date, and for one that no invoice can have."""
    if at is None or not 1990 < at.year < 2190:
        return None
    local = at.astimezone(zone)
    return local.year, local.month
