"""Amounts of a row in several currencies, in the file of a queue: a column of numbers for each currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from billing.amounts import Amount
from billing.pages.tables.export_columns import currency_unit
from billing.pages.tables.table import Column, Kind
from billing.services.scans.queues import Row


def currency_columns(
    key: str, title: str, rows: Iterable[Row], amounts_of: Callable[[Row], Mapping[str, int]]
) -> tuple[Column[Row], ...]:
    """Return the columns, such as "Promised in EUR", of the currencies that occur in the rows."""
    codes = sorted({code for row in rows for code in amounts_of(row)})
    return tuple(
        _column(f"{key}_{code}", f"{title} in {currency_unit(code)}", code, amounts_of) for code in codes
    )


def _column(key: str, title: str, code: str, amounts_of: Callable[[Row], Mapping[str, int]]) -> Column[Row]:
    return Column(
        key, title, lambda row: Amount(amounts_of(row).get(code), code), Kind.MONEY, is_on_page=False
    )
