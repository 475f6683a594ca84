"""A table for the tests of tables and files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from billing.amounts import Amount
from billing.pages.tables.table import Column, Kind, Table


@dataclass(frozen=True)
class Sale:
    name: str = "Müller"
    total: int | None = 123450
    currency: str | None = "usd"
    at: datetime | None = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    on: date | datetime | None = date(2026, 3, 28)
    seats: int | None = 3
    pdf: str = "https://pay.example/secret"


COLUMNS: tuple[Column[Sale], ...] = (
    Column("name", "Name", lambda row: row.name),
    Column("total", "Total", lambda row: Amount(row.total, row.currency), Kind.MONEY),
    Column("at", "At", lambda row: row.at, Kind.MOMENT),
    Column("on", "On", lambda row: row.on, Kind.DAY),
    Column("seats", "Seats", lambda row: row.seats, Kind.INTEGER),
    Column("pdf", "PDF", lambda row: row.pdf, Kind.LINK, is_bearer_link=True),
)


def table_of(rows: Iterable[Sale], sort: str = "", incomplete: str = "") -> Table[Sale]:
    return Table("sales", "Sales", COLUMNS, rows, about=("cus_1",), sort=sort, incomplete=incomplete)
