"""Changes as a table, for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from billing.models import Change
from billing.pages.rendering.labels import status_check
from billing.pages.tables.file_table import file_column, file_table
from billing.pages.tables.table import Kind, Table
from billing.services import changes
from billing.services.actor import Actor
from billing.services.billing_accounts import cached_names


def listed(actor: Actor, rows: Sequence[Change]) -> list[tuple[Change, changes.Kind, Change.State, str]]:
    """Return changes with what their page shows: kind, state, and the customer's name, if it is known."""
    names = cached_names.find_accounts(actor, {(row.workspace_id, row.billing_account_id) for row in rows})
    return [
        (
            row,
            changes.kind_of(row.verb),
            changes.effective_state(row),
            names.get((row.workspace_id, row.billing_account_id), ""),
        )
        for row in rows
    ]


def changes_table(rows: Iterable[Change]) -> Table[Change]:
    """Return a person's own changes, without their sealed contents."""
    return file_table(
        "changes",
        "My changes",
        rows,
        file_column("change", "Change", lambda row: changes.kind_of(row.verb).title),
        file_column("workspace", "Workspace ID", lambda row: row.workspace_id, Kind.ID),
        file_column("account", "Billing account ID", lambda row: row.billing_account_id, Kind.ID),
        file_column("state", "Outcome", lambda row: changes.effective_state(row).value),
        file_column("found", "Status check", lambda row: status_check(row.found)),
        file_column("ticket", "Ticket", lambda row: row.ticket),
        file_column("reason", "Reason", lambda row: row.reason),
        file_column("created", "Prepared", lambda row: row.created_at, Kind.MOMENT),
        file_column("sent", "Sent", lambda row: row.sent_at, Kind.MOMENT),
        file_column("id", "ID", lambda row: str(row.pk), Kind.ID),
    )
