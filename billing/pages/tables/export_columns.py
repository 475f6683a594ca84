"""The columns of an exported file, for every format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from billing import amounts
from billing.amounts import Amount
from billing.pages.tables.table import Column, Kind, Table, Value


class NotExportable(Exception):
    """The file format cannot hold this table. The message tells the reader why."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    heading: str
    kind: Kind
    value: Callable[[Any], Value]


@dataclass(frozen=True, slots=True)
class Omission:
    """A row that names something that the file does not include."""

    text: str


def export_columns(table: Table[Any], *, with_links: bool) -> tuple[ExportColumn, ...]:
    """Return the columns of a file. The currency follows the last amount, because all amounts of a row have the same
    currency; a table that has a column "currency" or names its currency gets no other.

    Headings of dates and times name the reader's zone: "Created (Europe/Berlin)".
    """
    exported = [column for column in table.columns if column.is_exported]
    columns = [column for column in exported if with_links or not column.is_bearer_link]
    has_currency = table.names_currency or any(column.key == "currency" for column in columns)
    money = [column for column in columns if column.kind is Kind.MONEY and not has_currency]
    result: list[ExportColumn] = []
    for column in columns:
        result.append(ExportColumn(_heading(column), column.kind, column.value))
        if money and column is money[-1]:
            result.append(ExportColumn("Currency", Kind.TEXT, _currency_of(money)))
    headings = [column.heading for column in result]
    if len(set(headings)) != len(headings):
        raise ValueError("two columns of the file would have the same heading")
    return tuple(result)


def with_omissions(columns: Sequence[ExportColumn]) -> tuple[ExportColumn, ...]:
    """Return the columns for rows of which some are an Omission, after a column that names those."""

    def empty_for_omissions(column: ExportColumn) -> ExportColumn:
        return replace(column, value=lambda row: None if isinstance(row, Omission) else column.value(row))

    names = ExportColumn(
        "Not included", Kind.TEXT, lambda row: row.text if isinstance(row, Omission) else None
    )
    return (names, *map(empty_for_omissions, columns))


def _heading(column: Column[Any]) -> str:
    if column.kind is Kind.MOMENT or column.kind is Kind.DAY:
        return f"{column.title} ({timezone.get_current_timezone_name()})"
    return column.title


def _currency_of(columns: Sequence[Column[Any]]) -> Callable[[Any], str]:
    def currency(row: Any) -> str:
        values = (column.value(row) for column in columns)
        codes = {value.code for value in values if isinstance(value, Amount) and value.minor is not None}
        if len(codes) > 1:
            raise ValueError("a row has amounts in several currencies")
        return currency_unit(codes.pop()) if codes else ""

    return currency


def currency_unit(currency: str) -> str:
    """Return the code of a currency, or what the amounts of an unknown one are: "XQZ minor units"."""
    code = currency.upper()
    return code if amounts.exponent(code) is not None else f"{code} minor units".lstrip()
