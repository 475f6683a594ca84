"""The columns of the work queues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from billing.amounts import Amount
from billing.countries import country_name
from billing.labels import label
from billing.pages.scans.currency_columns import currency_columns
from billing.pages.scans.follow_up_columns import follow_up_columns
from billing.pages.scans.queue_view import QueueView
from billing.pages.scans.search_results import account_url
from billing.pages.tables.export_columns import currency_unit
from billing.pages.tables.table import Column, Kind, Table
from billing.services.billing_accounts.notes import OpenNote
from billing.services.scans.queues import ALL, Queue, Row
from billing.services.scans.search_index import Entry

# The heading of the date that belongs to the reason.
_DATE_HEADINGS: Final = {
    ALL: "Date",
    "past-due": "Since",
    "trials": "Ends",
    "cards": "Expires",
    "cards-expired": "Expired",
    "drafts": "Drafted",
}
# The most urgent accounts first; other queues are sorted by their date.
_SORTS: Final = {ALL: "urgency", "no-default": "urgency"}


# What a sentence of the same row says already.
_SAID: Final = frozenset({ALL, "past-due"})
Notes = Mapping[tuple[str, str], OpenNote]


def queue_table(
    queue: Queue,
    rows: Sequence[Row],
    notes: Notes,
    view: QueueView,
    as_of: datetime | None,
    omitted: Sequence[str],
    origin: str = "",
) -> Table[Row]:
    """Return the table of a queue, for its page and its files. `origin` is the query of links to accounts."""
    columns = [
        Column[Row](
            "name",
            "Account",
            lambda row: row.account.entry.name,
            link=lambda row: account_url(row.account.entry) + origin,
            note=lambda row: " · ".join(
                filter(None, (row.account.entry.email, row.account.entry.workspace_name))
            ),
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
        *_owed_columns(rows),
        Column[Row]("next_bill", "Next bill", lambda row: row.account.next_bill_at, Kind.DAY),
        *follow_up_columns(view, rows),
        *_note_columns(notes),
        _entry_column("workspace", "Workspace", lambda entry: entry.workspace_name, is_on_page=False),
        Column[Row](
            "country",
            label("country"),
            lambda row: row.account.entry.country,
            show=lambda row: country_name(row.account.entry.country),
            is_on_page=False,
        ),
        _entry_column("currency", label("currency"), lambda entry: entry.currency.upper(), is_on_page=False),
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
    return [
        Column[Row](
            "at",
            heading,
            lambda row: row.reason.at if row.reason else None,
            Kind.DAY,
            is_on_page=queue.key not in _SAID,
        )
    ]


def _owed_columns(rows: Sequence[Row]) -> tuple[Column[Row], ...]:
    return (
        Column(
            "owed", "Owed", lambda row: _amounts(row)[0], Kind.MONEY, note=_owed_note, empty_label="nothing"
        ),
        Column(
            "owed_currency",
            "Currency owed",
            lambda row: currency_unit(_amounts(row)[0].code) if row.account.owed.amounts else "",
            is_on_page=False,
        ),
        *currency_columns("owed_too", "Also owed", rows, _owed_too),
        Column(
            "due",
            "Oldest due date",
            lambda row: row.account.owed.oldest_due,
            Kind.DAY,
            is_on_tablets=False,  # the days late say the same
        ),
        Column(
            "days",
            "Days late",
            lambda row: row.account.owed.days_late,
            Kind.INTEGER,
            template="billing/scans/queues/days_late.html",
        ),
    )


def _amounts(row: Row) -> list[Amount]:
    """Return what is owed in the currency of the account, then in others."""
    owed, own = row.account.owed.amounts, row.account.entry.currency
    in_order = sorted(owed, key=lambda code: (code != own, code))
    return [Amount(owed[code], code) for code in in_order] or [Amount(None, own)]


def _owed_too(row: Row) -> dict[str, int]:
    """Return what is owed in currencies other than that of "Owed"."""
    return {one.code: one.minor for one in _amounts(row)[1:] if one.minor is not None}


def _owed_note(row: Row) -> str:
    without = row.account.owed.without_amount
    more = [f"and {amount}" for amount in _amounts(row)[1:]]
    return " ".join([*more, *([f"{without} without an amount"] if without else [])])


def _note_columns(notes: Notes) -> tuple[Column[Row], ...]:
    def note_of(row: Row) -> OpenNote | None:
        return notes.get((row.account.entry.workspace_id, row.account.entry.id))

    def noted_at(row: Row) -> datetime | None:
        found = note_of(row)
        return found.created_at if found else None

    def note_text(row: Row) -> str:
        found = note_of(row)
        return (found.text or "") if found else ""

    return (
        Column("noted_at", "Last note", noted_at, Kind.DAY, note=note_text),
        Column("note", "Last note text", note_text, is_on_page=False),
    )


def _entry_column(
    key: str, title: str, value: Callable[[Entry], str], kind: Kind = Kind.TEXT, *, is_on_page: bool = True
) -> Column[Row]:
    return Column(key, title, lambda row: value(row.account.entry), kind, is_on_page=is_on_page)
