"""The spend of one currency in a number of months: rows, charts and summary, for the page and the account's panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.amounts import format_amount
from billing.pages.rendering import charts
from billing.pages.rendering.charts import Chart
from billing.services.invoices.spend import INCLUDED, CurrencySpend, Row, sum_rows


@dataclass(frozen=True, slots=True)
class Period:
    """`key` is unique on the page. `rows` are the months of the chart, oldest first. `earlier` and `undated` are the
    rest, so that `total` is the sum of all rows shown."""

    key: str
    currency: str
    rows: tuple[Row, ...]
    earlier: Row | None
    undated: Row | None
    total: Row
    charts: tuple[Chart, ...]
    summary: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the charts show, for the legend."""
        return tuple(kind for kind in INCLUDED if any(row.amounts[kind] for row in self.rows)) or INCLUDED[:1]

    @property
    def newest_first(self) -> tuple[Row, ...]:
        return self.rows[::-1]


def period_of(spend: CurrencySpend, months: int, shapes: Iterable[str] = charts.SHAPES) -> Period:
    """Return the latest months of a currency, or all of them for 0, with charts of these shapes."""
    dated = [row for row in spend.rows if row.month is not None]
    shown = tuple(dated[-months:] if months else dated)
    before = dated[: len(dated) - len(shown)]
    undated = next((row for row in spend.rows if row.month is None), None)
    chart_rows = [(_short_month(row), row.amounts) for row in shown]
    key = "".join(letter for letter in spend.currency if letter.isalnum() and letter.isascii()) or "none"
    return Period(
        key,
        spend.currency,
        shown,
        sum_rows(before) if any(row.count for row in before) else None,
        undated,
        spend.total,
        tuple(charts.column_chart(key, shape, chart_rows, spend.currency) for shape in shapes),
        _summary(shown, spend.currency),
    )


def _short_month(row: Row) -> str:
    """Return "Mar", but "2026" for its January."""
    if row.month is None:
        return ""
    year, month = row.month
    return str(year) if month == 1 else f"{date(year, month, 1):%b}"


def _summary(rows: Sequence[Row], currency: str) -> str:
    """Return the chart as a sentence or two."""
    if not rows:
        return "No months to show."
    total = sum(row.total for row in rows)
    highest, lowest = max(rows, key=lambda row: row.total), min(rows, key=lambda row: row.total)
    return (
        f"{_full_month(rows[0])} to {_full_month(rows[-1])}: {format_amount(total, currency)} in total. "
        f"Highest in {_full_month(highest)} with {format_amount(highest.total, currency)}, "
        f"lowest in {_full_month(lowest)} with {format_amount(lowest.total, currency)}."
    )


def _full_month(row: Row) -> str:
    return f"{date(*row.month, 1):%B %Y}" if row.month else "no month"
