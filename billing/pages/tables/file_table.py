"""What the portal itself keeps as tables, for files: people, portal keys, changes, the history of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.http import HttpRequest

from billing.models import AuditEntry, Change, PortalKey
from billing.pages.rendering.action_labels import act
from billing.pages.tables import listing
from billing.pages.tables.listing import Shown
from billing.pages.tables.table import Column, Kind, Table, Value
from billing.services import changes
from billing.services.people.people import Person

Row = TypeVar("Row")


def ways(request: HttpRequest, table: Table[Any]) -> Shown:
    """The ways to a file, for a page that draws its rows itself: parts/tables/export.html."""
    return listing.shown(request, replace(table, rows=()))


def people_table(rows: Iterable[Person]) -> Table[Person]:
    """People, as their administrators see them."""
    return _table(
        "people",
        "People",
        rows,
        _column("name", "Person", lambda row: row.user.get_username()),
        _column("full_name", "Name", lambda row: row.user.get_full_name()),
        _column("email", "E-mail", lambda row: row.user.email),
        _column("active", "State", lambda row: "active" if row.user.is_active else "deactivated"),
        _column("roles", "Roles", _roles),
        _column("seen", "Last sign-in", lambda row: row.user.last_login, Kind.MOMENT),
        _column("tokens", "Altostrat tokens", lambda row: row.tokens.count, Kind.INTEGER),
        _column("oldest", "Oldest token stored", lambda row: row.tokens.oldest_at, Kind.DAY),
        _column("keys", "Portal keys", lambda row: row.key_count, Kind.INTEGER),
    )


def keys_table(rows: Iterable[PortalKey]) -> Table[PortalKey]:
    """Somebody's own portal keys."""
    return _table(
        "portal-keys",
        "Portal keys",
        rows,
        _column("name", "Key", lambda row: row.name),
        _column("prefix", "Begins with", lambda row: row.prefix, Kind.ID),
        _column("scopes", "May do", lambda row: " ".join(map(str, row.scopes))),
        _column("ended", "State", lambda row: "ended" if row.has_ended else "works"),
        _column("created", "Made", lambda row: row.created_at, Kind.MOMENT),
        _column("expires", "Ends", lambda row: row.expires_at, Kind.MOMENT),
        _column("revoked", "Revoked", lambda row: row.revoked_at, Kind.MOMENT),
        _column("used", "Last used", lambda row: row.last_used_at, Kind.MOMENT),
    )


def changes_table(rows: Iterable[Change]) -> Table[Change]:
    """Somebody's own changes, without what is sealed in them."""
    return _table(
        "changes",
        "My changes",
        rows,
        _column("change", "Change", lambda row: changes.kind_of(row.verb).title),
        _column("workspace", "Workspace id", lambda row: row.workspace_id, Kind.ID),
        _column("account", "Billing account id", lambda row: row.billing_account_id, Kind.ID),
        _column("state", "Outcome", lambda row: changes.shown_state(row).value),
        _column("found", "Found afterwards", lambda row: row.found),
        _column("ticket", "Ticket", lambda row: row.ticket),
        _column("reason", "Reason", lambda row: row.reason),
        _column("created", "Prepared", lambda row: row.created_at, Kind.MOMENT),
        _column("sent", "Sent", lambda row: row.sent_at, Kind.MOMENT),
        _column("id", "Id", lambda row: str(row.pk), Kind.ID),
    )


def history_table(account_id: str, rows: Iterable[AuditEntry]) -> Table[AuditEntry]:
    """What was done to one billing account, with what its page tells of it."""
    return _table(
        "history",
        "History",
        rows,
        _column("at", "When", lambda row: row.at, Kind.MOMENT),
        _column("act", "Act", lambda row: act(row.verb)),
        _column("outcome", "Outcome", lambda row: row.outcome),
        _column("person", "Person", lambda row: row.actor_name),
        _column("door", "Door", lambda row: row.door),
        _column("ticket", "Ticket", lambda row: row.ticket),
        _column("reason", "Reason", lambda row: row.reason),
        _column("detail", "Detail", lambda row: row.detail),
        _column("id", "Entry", lambda row: row.pk, Kind.INTEGER),
        about=(account_id,),
    )


def _table(
    name: str, title: str, rows: Iterable[Row], *columns: Column[Row], about: tuple[str, ...] = ()
) -> Table[Row]:
    return Table(name, title, columns, rows, about=about)


def _column(key: str, title: str, value: Callable[[Any], Value], kind: Kind = Kind.TEXT) -> Column[Any]:
    # In the order of their page: sorting would hold them all in memory.
    return Column(key, title, value, kind, is_sortable=False, is_on_page=False)


def _roles(person: Person) -> str:
    names = [held.role.value for held in person.roles]
    return " ".join(["superuser", *names] if person.user.is_superuser else names)
