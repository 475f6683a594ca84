"""The columns of the work queues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from babel import Locale

from billing.labels import label
from billing.pages.scans.search import account_address
from billing.pages.tables.table import Column, Kind, Table
from billing.services.scans.queues import ALL, Queue, Row

# What the day of a queue's reason is about.
_DAYS: Final = {
    ALL: "Date",
    "past-due": "Since",
    "trials": "Ends",
    "cards": "Expires",
    "drafts": "Drafted",
}
# The most urgent first.
_SORTS: Final = {ALL: "urgency", "no-default": "urgency"}
_ENGLISH: Final = Locale("en")


def queue_table(queue: Queue, rows: Sequence[Row], as_of: datetime | None) -> Table[Row]:
    """A queue for its page and its files."""
    columns: list[Column[Row]] = [
        Column(
            "name",
            "Account",
            lambda row: row.standing.entry.name,
            link=lambda row: account_address(row.standing.entry),
            note=lambda row: row.standing.entry.email,
        ),
        Column(
            "urgency",
            "Standing",
            lambda row: int(row.reason.severity) if row.reason else None,
            template="billing/scans/queues/standing.html",
            is_exported=False,
        ),
        Column(
            "standing", "Standing", lambda row: row.reason.sentence if row.reason else "", is_on_page=False
        ),
    ]
    if queue.key in _DAYS:
        columns.append(
            Column("at", _DAYS[queue.key], lambda row: row.reason.at if row.reason else None, Kind.DAY)
        )
    columns += [
        Column("workspace", "Workspace", lambda row: row.standing.entry.workspace_name),
        Column(
            "country",
            label("country"),
            lambda row: row.standing.entry.country,
            show=lambda row: _ENGLISH.territories.get(row.standing.entry.country, row.standing.entry.country),
        ),
        Column("currency", label("currency"), lambda row: row.standing.entry.currency.upper()),
        Column("email", label("email"), lambda row: row.standing.entry.email, is_on_page=False),
        Column("id", "Id", lambda row: row.standing.entry.id, Kind.ID, is_on_page=False),
        Column(
            "workspace_id",
            "Workspace id",
            lambda row: row.standing.entry.workspace_id,
            Kind.ID,
            is_on_page=False,
        ),
        Column("status", "Status", lambda row: " ".join(sorted(row.standing.statuses)), is_on_page=False),
        Column("read_at", "Read", lambda row: row.standing.read_at, Kind.MOMENT, is_on_page=False),
    ]
    sort = _SORTS.get(queue.key, "at")
    return Table(f"accounts-{queue.key}", queue.title, tuple(columns), rows, sort=sort, as_of=as_of)
