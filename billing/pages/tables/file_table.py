"""Files of what the portal itself stores: people, portal keys, changes, the history of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.http import HttpRequest

from billing.pages.tables.page_table import PageTable, page_table
from billing.pages.tables.table import Column, Kind, Table, Value

Row = TypeVar("Row")


def downloads(request: HttpRequest, table: Table[Any]) -> PageTable:
    """Return the links of parts/tables/export.html, for a page whose template renders the rows."""
    return page_table(request, replace(table, rows=()))


def file_table(
    name: str, title: str, rows: Iterable[Row], *columns: Column[Row], about: tuple[str, ...] = ()
) -> Table[Row]:
    return Table(name, title, columns, rows, about=about)


def file_column(key: str, title: str, value: Callable[[Any], Value], kind: Kind = Kind.TEXT) -> Column[Any]:
    # Not sortable: sorting would hold all rows in memory.
    return Column(key, title, value, kind, is_sortable=False, is_on_page=False)
