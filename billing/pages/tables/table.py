"""A table as data. The page and the download are made from the same columns, so they cannot differ.

    table = Table(
        "invoices",
        "Invoices",
        (
            Column("number", "Number", lambda row: row.number, link=lambda row: "/…/"),
            Column("due", "Amount due", lambda row: Amount(row.amount_due, row.currency), Kind.MONEY),
            Column("created", "Created", lambda row: row.created_at, Kind.DAY),
            Column("pdf", "PDF", lambda row: row.invoice_pdf, Kind.LINK, is_bearer_link=True),
        ),
        rows,
        about=(billing_account_id,),
    )
    if wanted := exports.format_of(request):
        return exports.download(request, table, wanted)
    return render(request, "…", {"table": listing.shown(request, table)})

and in the template {% include "parts/tables/table.html" %}, with {% include "parts/tables/export.html" %} for its
buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from django.http import HttpRequest

from billing.amounts import Amount

CUT_OFF: Final = "Altostrat has more than it listed here."
MORE_AT_ALTOSTRAT: Final = "Altostrat has more {} than it listed here. Open others by their id."

Row = TypeVar("Row")

Value = str | int | Amount | date | datetime | None


class Kind(StrEnum):
    """What a column's values are: str, Amount, date or datetime, datetime, int, str, str (an address)."""

    TEXT = "text"
    MONEY = "money"
    DAY = "day"
    MOMENT = "moment"
    INTEGER = "integer"
    ID = "id"
    LINK = "link"


# These stand at the end of their cell, so that digits stand under digits.
_FIGURES: Final = frozenset({Kind.MONEY, Kind.INTEGER})


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column. `value` gives what is sorted by and exported, None or "" for nothing.

    On the page only: `show` words the value differently, `link` leads somewhere, `note` is a second line, `template` is
    an include that draws the cell from `row` and `cell`, `nothing` are the words for no value. A bearer link opens
    without signing in, so it is left out of downloads unless asked for.
    """

    key: str
    title: str
    value: Callable[[Row], Value]
    kind: Kind = Kind.TEXT
    show: Callable[[Row], str] | None = None
    link: Callable[[Row], str] | None = None
    note: Callable[[Row], str] | None = None
    template: str = ""
    nothing: str = "none"
    is_sortable: bool = True
    is_bearer_link: bool = False
    is_on_page: bool = True
    is_exported: bool = True

    @property
    def css(self) -> str:
        """The class of its cells."""
        return "figure" if self.kind in _FIGURES else ""


@dataclass(frozen=True)
class Table(Generic[Row]):
    """`name` goes into the file's name, with `about`, which tells whose it is; `rows` may be a generator.

    `sort` is the order when none is asked for, "-created" say; empty leaves the rows as they come. `incomplete` says in
    a sentence why these are not all rows there are: then nothing can be sorted or exported, since both would lie.
    `as_of` is when the rows were true, if not now.
    """

    name: str
    title: str
    columns: Sequence[Column[Row]]
    rows: Iterable[Row]
    about: Sequence[str] = ()
    sort: str = ""
    incomplete: str = ""
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError("two columns have the same key")

    def sorted_rows(self, request: HttpRequest) -> Iterable[Row]:
        """The rows in the order that the address asks for. Unsorted rows are not held in memory."""
        sorting = self.sorting(request)
        return self.rows if sorting is None else sorting.of(self.rows)

    def sorting(self, request: HttpRequest) -> Sorting[Row] | None:
        """What `?sort=` asks for, or the table's own order; None for the order of the rows."""
        if self.incomplete:
            return None
        for wanted in (request.GET.get("sort", ""), self.sort):
            for column in self.columns:
                if column.key == wanted.removeprefix("-") and column.is_sortable:
                    return Sorting(column, is_descending=wanted.startswith("-"))
        return None


@dataclass(frozen=True)
class Sorting(Generic[Row]):
    """An order by one column. Rows without a value come last, whichever way; equal rows stay as they came."""

    column: Column[Row]
    is_descending: bool

    def of(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in this order."""
        keyed = [(sort_key(self.column.value(row)), row) for row in rows]
        with_value = [pair for pair in keyed if pair[0] is not None]
        with_value.sort(key=lambda pair: pair[0] or (), reverse=self.is_descending)
        return [row for _, row in with_value] + [row for key, row in keyed if key is None]


def sort_key(value: Value) -> tuple[Any, ...] | None:
    """What a value is sorted by; None for no value. Amounts go by currency first: 1 USD is neither more nor less than
    1 ZAR."""
    match value:
        case None | "":
            return None
        case Amount():
            return None if value.minor is None else (value.code, value.minor)
        case str():
            return (value.casefold(), value)
        case _:
            return (value,)


def yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
