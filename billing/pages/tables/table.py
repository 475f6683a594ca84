"""A table as data. The page and the download use the same columns, so they cannot differ.

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
    if exports.format_of(request):
        return exports.download(request, table)
    return render(request, "…", {"table": page_table(request, table)})

The template includes "parts/tables/table.html", and "parts/tables/export.html" for the download buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from django.http import HttpRequest

from billing.amounts import Amount

TRUNCATED: Final = "Altostrat has more entries than this list shows."
TRUNCATED_NAMED: Final = (
    "Altostrat has more {} than this list shows. To open another, search for its IDs: ws_… cus_…"
)

Row = TypeVar("Row")

Value = str | int | Amount | date | datetime | None


class Kind(StrEnum):
    """The type of a column's values; in order: str, Amount, date or datetime, datetime, int, str, str (a URL)."""

    TEXT = "text"
    MONEY = "money"
    DAY = "day"
    MOMENT = "moment"
    INTEGER = "integer"
    ID = "id"
    LINK = "link"


# Aligned at the end of the cell.
_NUMERIC: Final = frozenset({Kind.MONEY, Kind.INTEGER})


@dataclass(frozen=True)
class Column(Generic[Row]):
    """`value` returns what is sorted and exported; None and "" are no value.

    Only on the page: `show` returns a different text, `link` a URL, `note` a second line; `template` is one that
    draws the cell from `row` and `cell`; `empty_label` is read out for a cell without a value. A bearer link opens
    without signing in, so downloads omit it by default.
    """

    key: str
    title: str
    value: Callable[[Row], Value]
    kind: Kind = Kind.TEXT
    show: Callable[[Row], str] | None = None
    link: Callable[[Row], str] | None = None
    note: Callable[[Row], str] | None = None
    template: str = ""
    empty_label: str = "none"
    is_sortable: bool = True
    is_bearer_link: bool = False
    is_on_page: bool = True
    is_exported: bool = True
    is_on_tablets: bool = True

    @property
    def css(self) -> str:
        classes = ("figure" if self.kind in _NUMERIC else "", "" if self.is_on_tablets else "not-on-tablets")
        return " ".join(filter(None, classes))


@dataclass(frozen=True)
class Table(Generic[Row]):
    """`name` and `about` (the ids that the table belongs to) form the name of the file. `rows` may be a generator.

    `sort` is the default order, such as "-created"; empty keeps the order of the rows. `incomplete` is a sentence that
    says why rows are missing: such a table can be neither sorted nor exported. `as_of` is the age of the rows, if they
    were not read just now. `omitted` names what could not be read: the rest is only exported on request. With
    `names_currency`, `about` has the currency of all amounts, and the file no column for it.
    """

    name: str
    title: str
    columns: Sequence[Column[Row]]
    rows: Iterable[Row]
    about: Sequence[str] = ()
    sort: str = ""
    incomplete: str = ""
    as_of: datetime | None = None
    omitted: Sequence[str] = ()
    names_currency: bool = False

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError("two columns have the same key")

    def sorted_rows(self, request: HttpRequest) -> Iterable[Row]:
        """Yield the rows in the requested order. Unsorted rows are not held in memory."""
        sorting = self.sorting(request)
        return self.rows if sorting is None else sorting.sorted(self.rows)

    def sorting(self, request: HttpRequest) -> Sorting[Row] | None:
        """Return the order of `?sort=`, or the default; None keeps the order of the rows."""
        if self.incomplete:
            return None
        for sort in (request.GET.get("sort", ""), self.sort):
            for column in self.columns:
                if column.key == sort.removeprefix("-") and column.is_sortable:
                    return Sorting(column, is_descending=sort.startswith("-"))
        return None


@dataclass(frozen=True)
class Sorting(Generic[Row]):
    """An order by one column. Rows without a value are last in both directions; equal rows keep their order."""

    column: Column[Row]
    is_descending: bool

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        keyed = [(sort_key(self.column.value(row)), row) for row in rows]
        with_value = [pair for pair in keyed if pair[0] is not None]
        with_value.sort(key=lambda pair: pair[0] or (), reverse=self.is_descending)
        return [row for _, row in with_value] + [row for key, row in keyed if key is None]


def sort_key(value: Value) -> tuple[Any, ...] | None:
    """Return the sort key of a value, or None for no value.

    Amounts are sorted by currency first, because they cannot be compared.
    """
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
