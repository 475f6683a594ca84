"""The history of a billing account as a table, for files."""

from __future__ import annotations

from collections.abc import Iterable

from billing.models import AuditEntry
from billing.pages.rendering.action_labels import action_label, entry_details
from billing.pages.tables.file_table import file_column, file_table
from billing.pages.tables.table import Kind, Table


def history_table(account_id: str, rows: Iterable[AuditEntry]) -> Table[AuditEntry]:
    """Return the actions on one billing account, with the columns of its page."""
    return file_table(
        "history",
        "History",
        rows,
        file_column("at", "Time", lambda row: row.at, Kind.MOMENT),
        file_column("action", "Action", lambda row: action_label(row.verb)),
        file_column("outcome", "Outcome", lambda row: row.outcome),
        file_column("person", "Person", lambda row: row.actor_name),
        file_column("door", "Entry point", lambda row: row.door),
        file_column("ticket", "Ticket", lambda row: row.ticket),
        file_column("reason", "Reason", lambda row: row.reason),
        file_column("detail", "Details", entry_details),
        file_column("id", "Entry", lambda row: row.pk, Kind.INTEGER),
        about=(account_id,),
    )
