"""Who may do what: the one table. Pages, menus, buttons, API scopes, commands, documentation and the matrix of
tests/access are made from it; nothing else grants anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """What can be granted."""

    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    AUDIT_READ = "audit:read"
    PEOPLE_MANAGE = "people:manage"


class Role(StrEnum):
    """A person's role is the Django group of the same name."""

    VIEWER = "viewer"
    EDITOR = "editor"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Row:
    """One permission: who has it, what it lets them do ("you may …"), and whether a portal key can carry it."""

    roles: frozenset[Role]
    lets: str
    is_key_scope: bool = False


# Billing data is always read with the reader's own Altostrat token: no permission reaches another person's.
TABLE: Final[Mapping[Permission, Row]] = MappingProxyType(
    {
        Permission.BILLING_READ: Row(
            frozenset({Role.VIEWER, Role.EDITOR, Role.ADMIN}), "read billing data", is_key_scope=True
        ),
        Permission.BILLING_WRITE: Row(
            frozenset({Role.EDITOR, Role.ADMIN}), "change billing data", is_key_scope=True
        ),
        Permission.AUDIT_READ: Row(frozenset({Role.AUDITOR, Role.ADMIN}), "read the audit"),
        Permission.PEOPLE_MANAGE: Row(frozenset({Role.ADMIN}), "manage people and their keys"),
    }
)

KEY_SCOPES: Final = frozenset(permission for permission, row in TABLE.items() if row.is_key_scope)


def permissions_of(group_names: Iterable[str]) -> frozenset[Permission]:
    """Everything that these groups grant together; a group that is no role grants nothing."""
    roles = set(roles_among(group_names))
    return frozenset(permission for permission, row in TABLE.items() if not roles.isdisjoint(row.roles))


def roles_among(group_names: Iterable[str]) -> tuple[Role, ...]:
    """The groups that are roles, in the order of the table."""
    names = set(group_names)
    return tuple(role for role in Role if role.value in names)
