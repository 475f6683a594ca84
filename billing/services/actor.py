"""Who is asking, through which door. Made by a door, asked for by every verb."""

from __future__ import annotations

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
    """What a person may do now, read afresh: nothing once deactivated; everything as superuser."""
    if not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Permission)
    return permissions_of(user.groups.values_list("name", flat=True))
