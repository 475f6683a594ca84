"""A table as a page draws it: headings that sort, cells, and the ways to have it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from billing.amounts import Amount
from billing.pages.frame.links import query_with
from billing.pages.tables.table import Column, Sorting, Table, Value

_FORMATS: Final = (("CSV", "file-type-csv", "csv"), ("Excel", "file-spreadsheet", "xlsx"))


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head: `link` sorts by it, "" if it cannot be; `direction` is what aria-sort says now."""

    title: str
    css: str
    link: str
    direction: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value on the page."""

    column: Column[Any]
    row: Any
    value: Value

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        value = self.value
        return value is None or value == "" or (isinstance(value, Amount) and value.minor is None)

    @property
    def css(self) -> str:
        """Its class. A cell that leads to the row's own page makes the whole row the link's target."""
        return "row-main" if self.column.link else self.column.css

    @property
    def label(self) -> str:
        """What stands before it on a phone; nothing before the row's name."""
        return "" if self.column.link else self.column.title

    @property
    def is_web_address(self) -> bool:
        """Whether a browser may be led there."""
        return str(self.value).startswith("https://")

    @property
    def text(self) -> str:
        """A text as it is shown."""
        return self.column.show(self.row) if self.column.show else str(self.value)

    @property
    def link(self) -> str:
        """Where it leads, if anywhere."""
        return self.column.link(self.row) if self.column.link else ""

    @property
    def note(self) -> str:
        """Its second line."""
        return self.column.note(self.row) if self.column.note else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as the page draws it: rows of cells, read to the end."""

    table: Table[Any]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    downloads: tuple[Download, ...]

    @property
    def has_bearer_links(self) -> bool:
        """Whether downloads leave links out unless asked."""
        return any(way.has_links for way in self.downloads)

    @property
    def is_sortable(self) -> bool:
        """Whether any heading sorts."""
        return any(heading.link for heading in self.headings)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        return iter(self.rows)


@dataclass(frozen=True, slots=True)
class Download:
    """One way to have the table as a file."""

    title: str
    icon: str
    link: str
    has_links: bool = False


def shown(request: HttpRequest, table: Table[Any]) -> Shown:
    """The table for the template parts/tables/table.html."""
    columns = [column for column in table.columns if column.is_on_page]
    rows = tuple(
        tuple(Cell(column, row, column.value(row)) for column in columns)
        for row in table.sorted_rows(request)
    )
    sorting = table.sorting(request)
    headings = tuple(_heading(request, table, column, sorting) for column in columns)
    return Shown(table, headings, rows, _downloads(request, table))


def _heading(
    request: HttpRequest, table: Table[Any], column: Column[Any], sorting: Sorting[Any] | None
) -> Heading:
    is_current = sorting is not None and sorting.column.key == column.key
    is_descending = is_current and sorting is not None and sorting.is_descending
    wanted = column.key if not is_current or is_descending else f"-{column.key}"
    return Heading(
        column.title,
        column.css,
        # In another order, the page that is looked at is another one: back to the first.
        request.path + query_with(request, sort=wanted, after="")
        if column.is_sortable and not table.incomplete
        else "",
        ("descending" if is_descending else "ascending") if is_current else "",
    )


def _downloads(request: HttpRequest, table: Table[Any]) -> tuple[Download, ...]:
    bare = tuple(
        Download(title, icon, request.path + query_with(request, format=name))
        for title, icon, name in _FORMATS
    )
    if not any(column.is_bearer_link and column.is_exported for column in table.columns):
        return bare
    return bare + tuple(
        Download(
            f"{title} with links", icon, request.path + query_with(request, format=name, links="yes"), True
        )
        for title, icon, name in _FORMATS
    )
