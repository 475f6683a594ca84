"""Who may do what: the one table. Pages, API scopes and tests read it; nothing else grants anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What can be granted. The same words are the scopes of portal keys."""

    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"


class Role(StrEnum):
    """A person's role is the Django group of the same name."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Permission.BILLING_READ}),
        Role.EDITOR: frozenset({Permission.BILLING_READ, Permission.BILLING_WRITE}),
        Role.ADMIN: frozenset({Permission.BILLING_READ, Permission.BILLING_WRITE}),
    }
)


def permissions_of(group_names: Iterable[str]) -> frozenset[Permission]:
    """Everything that these groups grant together; a group that is no role grants nothing."""
    names = set(group_names)
    granted = (ROLE_PERMISSIONS[role] for role in Role if role.value in names)
    return frozenset[Permission]().union(*granted)
