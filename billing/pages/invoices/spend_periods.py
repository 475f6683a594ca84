"""The spend of one currency in one window of months: rows, chart and words, for the page and the account's panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.amounts import format_amount
from billing.pages.rendering import charts
from billing.pages.rendering.charts import Chart
from billing.services.invoices.spend import Ledger, Row, added_up


@dataclass(frozen=True, slots=True)
class Period:
    """One currency in one window: `rows` are drawn, newest first in the table; `earlier` and `undated` are the rest, so
    that `whole` is the sum of all rows shown."""

    currency: str
    rows: tuple[Row, ...]
    earlier: Row | None
    undated: Row | None
    whole: Row
    charts: tuple[Chart, ...]
    summary: str

    @property
    def newest_first(self) -> tuple[Row, ...]:
        """The rows for the table."""
        return self.rows[::-1]


def period_of(ledger: Ledger, months: int) -> Period:
    """The newest months of a currency; 0 is all of them."""
    dated = [row for row in ledger.rows if row.month is not None]
    shown = tuple(dated[-months:] if months else dated)
    before = dated[: len(dated) - len(shown)]
    undated = next((row for row in ledger.rows if row.month is None), None)
    drawn = [(_month_name(row), row.amounts) for row in shown]
    key = "".join(letter for letter in ledger.currency if letter.isalnum() and letter.isascii()) or "none"
    return Period(
        ledger.currency,
        shown,
        added_up(before) if any(row.count for row in before) else None,
        undated,
        ledger.whole,
        tuple(charts.column_chart(key, shape, drawn, ledger.currency) for shape in charts.SHAPES),
        _summary(shown, ledger.currency),
    )


def _month_name(row: Row) -> str:
    """ "Mar", and "2026" in its January."""
    if row.month is None:
        return ""
    year, month = row.month
    return str(year) if month == 1 else f"{date(year, month, 1):%b}"


def _summary(rows: Sequence[Row], currency: str) -> str:
    """The chart in a sentence or two."""
    if not rows:
        return "No month to draw."
    together = sum(row.total for row in rows)
    highest, lowest = max(rows, key=lambda row: row.total), min(rows, key=lambda row: row.total)
    return (
        f"{_in_full(rows[0])} to {_in_full(rows[-1])}: {format_amount(together, currency)} together. "
        f"Highest in {_in_full(highest)} with {format_amount(highest.total, currency)}, "
        f"lowest in {_in_full(lowest)} with {format_amount(lowest.total, currency)}."
    )


def _in_full(row: Row) -> str:
    return f"{date(*row.month, 1):%B %Y}" if row.month else "no month"
