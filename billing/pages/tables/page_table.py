"""A table on a page: headings that sort, cells, and links to download it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Final

from django.core.paginator import Page
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from billing.amounts import Amount, exponent
from billing.pages.frame.links import query_with
from billing.pages.rendering import formats
from billing.pages.rendering.icons import icon
from billing.pages.rendering.tags import no_value
from billing.pages.tables.paging import page_of
from billing.pages.tables.table import Column, Kind, Sorting, Table, Value

_FORMATS: Final = (("CSV", "file-type-csv", "csv"), ("Excel", "file-spreadsheet", "xlsx"))
_NOTE_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Heading:
    """`link` sorts by the column, and is empty if it cannot be sorted; `direction` is the value of aria-sort."""

    title: str
    css: str
    link: str
    direction: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`names_currency` says whether an amount shows its currency. If not, the table does, once for all amounts."""

    column: Column[Any]
    row: Any
    value: Value
    names_currency: bool = True

    @property
    def is_empty(self) -> bool:
        value = self.value
        return value is None or value == "" or (isinstance(value, Amount) and value.minor is None)

    @property
    def is_web_link(self) -> bool:
        return self.column.kind is Kind.LINK and str(self.value).startswith("https://")

    @property
    def text(self) -> str:
        return self.column.show(self.row) if self.column.show else str(self.value)

    @property
    def content(self) -> str:
        """The value as text or HTML."""
        match self.column.kind, self.value:
            case Kind.MONEY, Amount(minor=int() as minor, currency=currency) if not self.names_currency:
                return formats.number(minor, currency or "")
            case Kind.MONEY, Amount() as amount:
                return formats.money(amount)
            case Kind.DAY, date() as day:
                return formats.day(day)
            case Kind.MOMENT, datetime() as moment:
                return formats.moment(moment)
            case Kind.ID, _:
                return format_html("<code>{}</code>", self.text)
            case _:
                return self.text

    @property
    def link(self) -> str:
        return self.column.link(self.row) if self.column.link else ""

    @property
    def note(self) -> str:
        return self.column.note(self.row) if self.column.note else ""

    @property
    def html(self) -> str:
        """The content of the cell. It is written here because a template is ten times slower for each cell."""
        column = self.column
        if column.template:
            return render_to_string(column.template, {"row": self.row, "cell": self})
        link = self.link if column.link else ""
        if self.is_empty:
            drawn = escape(capfirst(column.empty_label)) if link else no_value(column.empty_label)
        elif column.kind is Kind.LINK and self.is_web_link:
            link, drawn = "", self._web_link()
        else:
            content = self.content
            drawn = content if isinstance(content, SafeString) else formats.breakable(content)
        if link:
            drawn = f'<a href="{escape(link)}">{drawn}</a>'
        if column.note and (note := self.note):
            shown = formats.breakable(Truncator(note).chars(_NOTE_LENGTH))
            drawn += f' <span class="row-note">{shown}</span>'
        return drawn

    def _web_link(self) -> str:
        """Return a link to another site, in a new tab."""
        return format_html(
            '<a href="{}" rel="noreferrer noopener external" target="_blank">{}{}'
            '<span class="visually-hidden">{} (another site, in a new tab)</span></a>',
            str(self.value),
            self.text if self.column.show else "Open",
            icon("external-link"),
            self.column.title,
        )


@dataclass(frozen=True, slots=True)
class PageTable:
    """One page of a table, for the templates parts/tables/table.html and parts/tables/pages.html.

    `currency` is the code of all amounts on the page; empty if there are several, or none.
    """

    table: Table[Any]
    page: Page[Any]
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    downloads: tuple[Download, ...]
    currency: str = ""

    @property
    def has_bearer_links(self) -> bool:
        """Whether some downloads include links that open without signing in."""
        return any(download.has_links for download in self.downloads)

    @property
    def is_sortable(self) -> bool:
        return any(heading.link for heading in self.headings)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        return iter(self.rows)

    @property
    def html(self) -> SafeString:
        """The elements of the rows."""
        starts = [_start(column) for column in self.table.columns if column.is_on_page]
        rows = (
            "".join([f"{start}{cell.html}</td>" for start, cell in zip(starts, row, strict=True)])
            for row in self.rows
        )
        return SafeString("".join([f"<tr>{row}</tr>" for row in rows]))


@dataclass(frozen=True, slots=True)
class Download:
    title: str
    icon: str
    link: str
    has_links: bool = False


def page_table(request: HttpRequest, table: Table[Any]) -> PageTable:
    columns = [column for column in table.columns if column.is_on_page]
    page = page_of(request, table.sorted_rows(request))
    values = [(row, [column.value(row) for column in columns]) for row in page]
    currency = _only_currency(value for _, found in values for value in found)
    rows = tuple(
        tuple(Cell(column, row, value, not currency) for column, value in zip(columns, found, strict=True))
        for row, found in values
    )
    sorting = table.sorting(request)
    headings = tuple(_heading(request, table, column, sorting) for column in columns)
    return PageTable(table, page, headings, rows, _downloads(request, table), currency)


def _only_currency(values: Iterable[Value]) -> str:
    """Return the code of the only currency of these amounts; empty if there are several, or an unknown one."""
    codes = {value.code for value in values if isinstance(value, Amount) and value.minor is not None}
    code = codes.pop() if len(codes) == 1 else ""
    return code if exponent(code) is not None else ""


def _start(column: Column[Any]) -> str:
    """Return the start tag of the cells of a column. A cell with a link makes its whole row clickable."""
    if column.link:
        return '<td class="row-main">'
    css = f' class="{column.css}"' if column.css else ""
    return f'<td{css} data-label="{escape(column.title)}">'


def _heading(
    request: HttpRequest, table: Table[Any], column: Column[Any], sorting: Sorting[Any] | None
) -> Heading:
    is_current = sorting is not None and sorting.column.key == column.key
    is_descending = is_current and sorting is not None and sorting.is_descending
    sort = column.key if not is_current or is_descending else f"-{column.key}"
    return Heading(
        column.title,
        column.css,
        # A new order starts on its first page.
        request.path + query_with(request, sort=sort, after="", page="")
        if column.is_sortable and not table.incomplete
        else "",
        ("descending" if is_descending else "ascending") if is_current else "",
    )


def _downloads(request: HttpRequest, table: Table[Any]) -> tuple[Download, ...]:
    partial = {"partial": "yes"} if table.omitted else {}

    def links(suffix: str = "", **query: str) -> tuple[Download, ...]:
        return tuple(
            Download(
                title + suffix,
                icon,
                request.path + query_with(request, format=name, page="", **query, **partial),
                bool(query),
            )
            for title, icon, name in _FORMATS
        )

    has_links = any(column.is_bearer_link and column.is_exported for column in table.columns)
    return links() + (links(" with links", links="yes") if has_links else ())
