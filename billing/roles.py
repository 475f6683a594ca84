"""Roles and their permissions, in one table for pages, menus, API scopes, commands and README.

tests/access checks every URL against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    AUDIT_READ = "audit:read"
    PEOPLE_MANAGE = "people:manage"


class Role(StrEnum):
    """A person has a role if they are in the Django group with its name."""

    VIEWER = "viewer"
    EDITOR = "editor"
    AUDITOR = "auditor"
    ADMIN = "admin"


# A person with the flag `is_superuser` has every permission. It is not a role, but groups can give it.
SUPERUSER: Final = "superuser"


@dataclass(frozen=True, slots=True)
class Row:
    """The roles that have a permission, what it allows ("you can …"), and whether portal keys may have it."""

    roles: frozenset[Role]
    allows: str
    is_key_scope: bool = False


# Billing data is always read with the person's own Altostrat token. No permission gives access to another person's.
TABLE: Final[Mapping[Permission, Row]] = MappingProxyType(
    {
        Permission.BILLING_READ: Row(
            frozenset({Role.VIEWER, Role.EDITOR, Role.ADMIN}), "read billing data", is_key_scope=True
        ),
        Permission.BILLING_WRITE: Row(
            frozenset({Role.EDITOR, Role.ADMIN}), "change billing data", is_key_scope=True
        ),
        Permission.AUDIT_READ: Row(frozenset({Role.AUDITOR, Role.ADMIN}), "read the audit log"),
        Permission.PEOPLE_MANAGE: Row(frozenset({Role.ADMIN}), "manage people and their keys"),
    }
)

KEY_SCOPES: Final = frozenset(permission for permission, row in TABLE.items() if row.is_key_scope)


def permissions_of(group_names: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions of all these groups. A group that is not a role has none."""
    roles = set(roles_among(group_names))
    return frozenset(permission for permission, row in TABLE.items() if not roles.isdisjoint(row.roles))


def roles_among(group_names: Iterable[str]) -> tuple[Role, ...]:
    """Return the groups that are roles, in the order of `Role`."""
    names = set(group_names)
    return tuple(role for role in Role if role.value in names)
