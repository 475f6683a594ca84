"""The downloads of people and portal keys."""

from __future__ import annotations

from collections.abc import Iterable

from billing.labels import label
from billing.models import PortalKey
from billing.pages.tables.file_table import file_column, file_table
from billing.pages.tables.table import Kind, Table
from billing.services.people.people import Person


def people_table(rows: Iterable[Person]) -> Table[Person]:
    return file_table(
        "people",
        "People",
        rows,
        file_column("name", "Username", lambda row: row.user.get_username()),
        file_column("full_name", label("name"), lambda row: row.user.get_full_name()),
        file_column("email", label("email"), lambda row: row.user.email),
        file_column("active", label("status"), lambda row: "active" if row.user.is_active else "deactivated"),
        file_column("roles", "Roles", _roles),
        file_column("seen", "Last sign-in", lambda row: row.user.last_login, Kind.MOMENT),
        file_column("tokens", "Altostrat tokens", lambda row: row.tokens.count, Kind.INTEGER),
        file_column("oldest", "Oldest token stored", lambda row: row.tokens.oldest_at, Kind.DAY),
        file_column("keys", "Portal keys", lambda row: row.keys.count, Kind.INTEGER),
        file_column("oldest_key", "Oldest key created", lambda row: row.keys.oldest_at, Kind.DAY),
        file_column("next_expiry", "Next key expires", lambda row: row.keys.next_expiry, Kind.DAY),
    )


def keys_table(rows: Iterable[PortalKey]) -> Table[PortalKey]:
    return file_table(
        "portal-keys",
        "Portal keys",
        rows,
        file_column("name", "Key", lambda row: row.name),
        file_column("prefix", "Prefix", lambda row: row.prefix, Kind.ID),
        file_column("scopes", "Permissions", lambda row: " ".join(map(str, row.scopes))),
        file_column("state", label("status"), _key_status),
        file_column("created", label("created_at"), lambda row: row.created_at, Kind.MOMENT),
        file_column("expires", "Expires", lambda row: row.expires_at, Kind.MOMENT),
        file_column("revoked", "Revoked", lambda row: row.revoked_at, Kind.MOMENT),
        file_column("used", "Last used", lambda row: row.last_used_at, Kind.MOMENT),
        file_column("address", "Last address", lambda row: row.last_used_address),
        file_column("networks", "Networks", lambda row: " ".join(row.networks)),
        file_column("read_only", "Read-only", lambda row: "yes" if row.is_read_only else "no"),
    )


def _key_status(row: PortalKey) -> str:
    if row.revoked_at:
        return "revoked"
    return "expired" if row.has_ended else "active"


def _roles(person: Person) -> str:
    names = [granted.role.value for granted in person.roles]
    return " ".join(["superuser", *names] if person.user.is_superuser else names)
