"""The rows of follow-ups, with the names of their people. The ORM would take a tenth of an account page for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from billing.services.storage import statements

_SELECT: Final = (
    "SELECT f.workspace_id, f.billing_account_id, f.promised_for, f.snoozed_until, f.envelope, f.assignee_id,"
    " a.first_name, a.last_name, a.username, p.first_name, p.last_name, p.username,"
    " s.first_name, s.last_name, s.username FROM billing_followup f"
    " LEFT JOIN billing_user a ON a.id = f.assignee_id LEFT JOIN billing_user p ON p.id = f.promised_by_id"
    " LEFT JOIN billing_user s ON s.id = f.snoozed_by_id"
)
_OF_ACCOUNT: Final = _SELECT + " WHERE f.workspace_id = %s AND f.billing_account_id = %s"
_OF_ALL: Final = (
    _SELECT + " WHERE f.assignee_id IS NOT NULL OR f.promised_for IS NOT NULL OR f.snoozed_until IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Row:
    workspace_id: str
    billing_account_id: str
    promised_for: date | None
    snoozed_until: date | None
    envelope: str
    assignee_id: int | None
    assignee: str
    promised_by: str
    snoozed_by: str


def of_account(workspace_id: str, billing_account_id: str) -> list[Row]:
    return _rows(_OF_ACCOUNT, [workspace_id, billing_account_id])


def of_all_accounts() -> list[Row]:
    return _rows(_OF_ALL, [])


def _rows(sql: str, parameters: list[Any]) -> list[Row]:
    return [
        Row(
            row[0],
            row[1],
            _date(row[2]),
            _date(row[3]),
            row[4],
            row[5],
            _name(row[6:9]),
            _name(row[9:12]),
            _name(row[12:]),
        )
        for row in statements.rows(sql, parameters)
    ]


def _date(value: date | str | None) -> date | None:
    """Return a date, which SQLite returns as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _name(names: Sequence[str | None]) -> str:
    """Return the full name, or the username of a person without one; empty without a person."""
    first, last, username = names
    return f"{first or ''} {last or ''}".strip() or username or ""
