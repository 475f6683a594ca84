"""What of a table goes into a file, and under which headings: the same for every format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from billing import amounts
from billing.amounts import Amount
from billing.pages.tables.table import Column, Kind, Table, Value


class NotExportable(Exception):
    """This table cannot be put into such a file. The text says why, to the reader."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of a file."""

    heading: str
    kind: Kind
    value: Callable[[Any], Value]


def export_columns(table: Table[Any], *, with_links: bool) -> tuple[ExportColumn, ...]:
    """The columns of the file. One column with the currency follows the last amount: a row is in one currency.

    Moments are headed with the reader's zone: "Created (Europe/Berlin)".
    """
    wanted = [column for column in table.columns if column.is_exported]
    columns = [column for column in wanted if with_links or not column.is_bearer_link]
    money = [column for column in columns if column.kind is Kind.MONEY]
    found: list[ExportColumn] = []
    for column in columns:
        found.append(ExportColumn(_heading(column), column.kind, column.value))
        if money and column is money[-1]:
            found.append(ExportColumn("Currency", Kind.TEXT, _currency_of(money)))
    headings = [column.heading for column in found]
    if len(set(headings)) != len(headings):
        raise ValueError("two columns of the file would have the same heading")
    return tuple(found)


def _heading(column: Column[Any]) -> str:
    if column.kind is Kind.MOMENT or column.kind is Kind.DAY:
        return f"{column.title} ({timezone.get_current_timezone_name()})"
    return column.title


def _currency_of(columns: Sequence[Column[Any]]) -> Callable[[Any], str]:
    def currency(row: Any) -> str:
        known = [value for value in (column.value(row) for column in columns) if isinstance(value, Amount)]
        codes = {value.code for value in known if value.minor is not None}
        if len(codes) > 1:
            raise ValueError("a row has amounts in several currencies")
        code = next(iter(codes), "")
        if not codes or amounts.exponent(code) is not None:
            return code
        return f"{code} minor units".lstrip()

    return currency
