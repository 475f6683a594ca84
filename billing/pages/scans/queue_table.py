"""The columns of the work queues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from billing.countries import country_name
from billing.labels import label
from billing.pages.scans.search import account_url
from billing.pages.tables.table import Column, Kind, Table
from billing.services.scans.queues import ALL, Queue, Row
from billing.services.scans.search_index import Entry

# The heading of the date that belongs to the reason.
_DATE_HEADINGS: Final = {
    ALL: "Date",
    "past-due": "Since",
    "trials": "Ends",
    "cards": "Expires",
    "drafts": "Drafted",
}
# The most urgent accounts first; other queues are sorted by their date.
_SORTS: Final = {ALL: "urgency", "no-default": "urgency"}


def queue_table(
    queue: Queue, rows: Sequence[Row], as_of: datetime | None, omitted: Sequence[str]
) -> Table[Row]:
    """Return the table of a queue, for its page and its files."""
    columns = [
        Column[Row](
            "name",
            "Account",
            lambda row: row.account.entry.name,
            link=lambda row: account_url(row.account.entry),
            note=lambda row: row.account.entry.email,
        ),
        Column[Row](
            "urgency",
            label("status"),
            lambda row: int(row.reason.severity) if row.reason else None,
            template="billing/scans/queues/reason.html",
            is_exported=False,
        ),
        Column[Row](
            "account_status",
            "Account status",
            lambda row: row.reason.sentence if row.reason else "",
            is_on_page=False,
        ),
        *_date_column(queue),
        _entry_column("workspace", "Workspace", lambda entry: entry.workspace_name),
        Column[Row](
            "country",
            label("country"),
            lambda row: row.account.entry.country,
            show=lambda row: country_name(row.account.entry.country),
        ),
        _entry_column("currency", label("currency"), lambda entry: entry.currency.upper()),
        _entry_column("email", label("email"), lambda entry: entry.email, is_on_page=False),
        _entry_column("id", "ID", lambda entry: entry.id, Kind.ID, is_on_page=False),
        _entry_column(
            "workspace_id", "Workspace ID", lambda entry: entry.workspace_id, Kind.ID, is_on_page=False
        ),
        Column[Row](
            "status", label("status"), lambda row: " ".join(sorted(row.account.statuses)), is_on_page=False
        ),
        Column[Row]("read_at", "Read", lambda row: row.account.read_at, Kind.MOMENT, is_on_page=False),
    ]
    sort = _SORTS.get(queue.key, "at")
    return Table(
        f"accounts-{queue.key}", queue.title, tuple(columns), rows, sort=sort, as_of=as_of, omitted=omitted
    )


def _date_column(queue: Queue) -> list[Column[Row]]:
    if queue.key not in _DATE_HEADINGS:
        return []
    heading = _DATE_HEADINGS[queue.key]
    return [Column[Row]("at", heading, lambda row: row.reason.at if row.reason else None, Kind.DAY)]


def _entry_column(
    key: str, title: str, value: Callable[[Entry], str], kind: Kind = Kind.TEXT, *, is_on_page: bool = True
) -> Column[Row]:
    return Column(key, title, lambda row: value(row.account.entry), kind, is_on_page=is_on_page)
