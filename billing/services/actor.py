"""Who is asking, through which door. Made by a door, asked for by every verb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from billing.models import User
from billing.roles import Permission, permissions_of


class NotPermitted(Exception):
    """This person, or the key they hold, may not do that. `permission` is what is missing."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"The permission {permission} is missing.")
        self.permission = permission


class Door(StrEnum):
    """How a request came in."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person acting, with what they may do at this moment."""

    user: User
    door: Door
    permissions: frozenset[Permission]
    request_id: str = ""
    address: str | None = None
    key_prefix: str = ""

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted unless `permission` is held."""
        if permission not in self.permissions:
            raise NotPermitted(permission)


def granted_to(user: User) -> frozenset[Permission]:
    """What a person may do now, read afresh."""
    return granted_by(user, user.groups.values_list("name", flat=True))


def granted_by(user: User, group_names: Iterable[str]) -> frozenset[Permission]:
    """What a person in these groups may do: nothing once deactivated; everything as superuser."""
    if not user.is_active:
        return frozenset()
    return frozenset(Permission) if user.is_superuser else permissions_of(group_names)
