"""What the portal itself keeps as tables, for files: people, portal keys, changes, the history of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.http import HttpRequest

from billing.pages.tables import listing
from billing.pages.tables.listing import Shown
from billing.pages.tables.table import Column, Kind, Table, Value

Row = TypeVar("Row")


def ways(request: HttpRequest, table: Table[Any]) -> Shown:
    """The ways to a file, for a page that draws its rows itself: parts/tables/export.html."""
    return listing.shown(request, replace(table, rows=()))


def file_table(
    name: str, title: str, rows: Iterable[Row], *columns: Column[Row], about: tuple[str, ...] = ()
) -> Table[Row]:
    return Table(name, title, columns, rows, about=about)


def file_column(key: str, title: str, value: Callable[[Any], Value], kind: Kind = Kind.TEXT) -> Column[Any]:
    # In the order of their page: sorting would hold them all in memory.
    return Column(key, title, value, kind, is_sortable=False, is_on_page=False)
