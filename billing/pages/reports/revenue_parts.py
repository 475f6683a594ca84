"""The recurring revenue of one currency: chart, and months with links to their accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from billing.pages.rendering import charts
from billing.pages.rendering.charts import Chart
from billing.services.reports.revenue import Figures, MonthRevenue, Movement


@dataclass(frozen=True, slots=True)
class MovementCell:
    name: Movement
    amount: int
    link: str


@dataclass(frozen=True, slots=True)
class MonthRow:
    """`link` lists the accounts of the month."""

    title: str
    link: str
    month: MonthRevenue
    figures: Figures
    movements: tuple[MovementCell, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One currency, with its months, newest first. `key` is unique on the page."""

    key: str
    currency: str
    rows: tuple[MonthRow, ...]
    charts: tuple[Chart, ...]

    @property
    def newest(self) -> MonthRow:
        return self.rows[0]


def parts_of(months: Iterable[MonthRevenue]) -> list[Part]:
    by_currency: dict[str, list[MonthRow]] = {}
    for month in months:
        by_currency.setdefault(month.currency, []).append(_row(month))
    return [_part(currency, rows) for currency, rows in by_currency.items()]


def code_of(month: int) -> str:
    """Return "2026-11" for a `month_number`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def title_of(code: str) -> str:
    """Return "November 2026" for "2026-11"; the code itself if it is not a month."""
    try:
        return f"{date.fromisoformat(f'{code}-01'):%B %Y}"
    except ValueError:
        return code


def _row(month: MonthRevenue) -> MonthRow:
    query = {"month": code_of(month.month), "currency": month.currency}
    figures = month.figures
    movements = tuple(
        MovementCell(name, amount, f"?{urlencode({**query, 'movement': name})}")
        for name, amount in figures.movements.items()
    )
    return MonthRow(title_of(query["month"]), f"?{urlencode(query)}", month, figures, movements)


def _part(currency: str, rows: list[MonthRow]) -> Part:
    key = "".join(letter for letter in currency if letter.isalnum() and letter.isascii()) or "none"
    columns = [(_label(row.month.month), {"paid": row.figures.end}) for row in rows]
    drawn = tuple(charts.column_chart(key, shape, columns, currency) for shape in charts.SHAPES)
    return Part(key, currency, tuple(reversed(rows)), drawn)


def _label(month: int) -> str:
    """Return "Mar", but "2026" for its January."""
    year, index = divmod(month, 12)
    return f"{date(year, index + 1, 1):%b}" if index else str(year)
