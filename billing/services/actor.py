"""Who is acting, and through which entry point. Entry points make an Actor; every use case takes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import Final

from django.conf import settings

from billing.models import User
from billing.roles import Permission, Role, permissions_of, roles_among
from billing.services.storage import statements
from billing.services.storage.budgets import Caller

_RIGHTS: Final = (
    "SELECT billing_user.is_active, billing_user.is_superuser, auth_group.name FROM billing_user"
    " LEFT JOIN billing_user_groups ON billing_user_groups.user_id = billing_user.id"
    " LEFT JOIN auth_group ON auth_group.id = billing_user_groups.group_id WHERE billing_user.id = %s"
)
_GROUPS: Final = (
    "SELECT auth_group.name FROM auth_group"
    " JOIN billing_user_groups ON billing_user_groups.group_id = auth_group.id WHERE user_id = %s"
)


class Lack(StrEnum):
    """Why a caller does not have a permission."""

    ROLE = "role"
    SCOPE = "scope"
    READ_ONLY = "read-only"
    MASKED = "masked"


class NotPermitted(Exception):
    """The person, or their key, lacks `permission`."""

    def __init__(self, permission: Permission, lack: Lack = Lack.ROLE) -> None:
        super().__init__(f"The permission {permission} is missing.")
        self.permission = permission
        self.lack = lack


class Door(StrEnum):
    """The entry point of a request."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"
    ADMIN = "admin"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a request. `CurrentSessionMiddleware` sets `request.origin`."""

    request_id: str = ""
    address: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, with the permissions that they have now. `actor_for` sets their roles, for the frame of pages.

    `lacks` has the scopes that a portal key does not have, and why. A program also is a `caller`,
    which counts its requests.
    """

    user: User
    door: Door
    permissions: frozenset[Permission]
    request_id: str = ""
    address: str | None = None
    key_prefix: str = ""
    roles: tuple[Role, ...] = ()
    # Whether personal data is masked for this person: see `billing.masks`.
    is_masked: bool = False
    lacks: Mapping[Permission, Lack] = field(default_factory=dict, compare=False)
    caller: Caller | None = field(default=None, compare=False, repr=False)

    def in_request(self, request_id: str, address: str | None, caller: Caller) -> Actor:
        """Return the owner of a key in a request, as `dataclasses.replace` would with ten calls."""
        values = dict(zip(_FIELDS, _values_of(self), strict=True))
        return Actor(**{**values, "request_id": request_id, "address": address, "caller": caller})

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless the actor has the permission. The API relays exact bytes, so it masks nothing."""
        if self.is_masked and self.door is Door.API:
            raise NotPermitted(permission, Lack.MASKED)
        if permission not in self.permissions:
            raise NotPermitted(permission, self.lacks.get(permission, Lack.ROLE))


_FIELDS: Final = tuple(one.name for one in fields(Actor))
_values_of: Final = attrgetter(*_FIELDS)


def actor_for(
    user: User, door: Door, origin: Origin | None = None, names: tuple[str, ...] | None = None
) -> Actor:
    """Return a person with their permissions now. `names` are those of their groups, if the caller has read them."""
    origin = origin or Origin()
    names = group_names(user) if names is None else names
    permissions, roles = granted_by(user, names), tuple(roles_among(names))
    masked = is_masked(user, names)
    return Actor(user, door, permissions, origin.request_id, origin.address, roles=roles, is_masked=masked)


def is_masked(user: User, group_names: Iterable[str]) -> bool:
    """Return whether a person sees personal data masked: they do if all their roles are in MASKED_ROLES."""
    return _is_masked(user.is_superuser, group_names)


def _is_masked(is_superuser: bool, group_names: Iterable[str]) -> bool:
    if not settings.MASKED_ROLES or is_superuser:
        return False
    roles = roles_among(group_names)
    return bool(roles) and all(role.value in settings.MASKED_ROLES for role in roles)


def granted_to(user: User) -> frozenset[Permission]:
    """Return a person's permissions, read from the database now."""
    return granted_by(user, group_names(user))


def group_names(user: User) -> tuple[str, ...]:
    """Return the names of a person's groups, read from the database now."""
    return tuple(name for (name,) in statements.rows(_GROUPS, [user.pk]))


def with_rights_now(actor: Actor) -> Actor:
    """Return the actor with all permissions and roles that their person has in the database now."""
    found = statements.rows(_RIGHTS, [actor.user.pk])
    is_active, is_superuser = (bool(value) for value in found[0][:2]) if found else (False, False)
    names = tuple(row[2] for row in found if row[2] is not None)
    permissions = _granted(is_active, is_superuser, names)
    masked = _is_masked(is_superuser, names)
    return replace(actor, permissions=permissions, roles=roles_among(names), is_masked=masked)


def granted_by(user: User, group_names: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions of a person in these groups: none once deactivated, all for a superuser."""
    return _granted(user.is_active, user.is_superuser, group_names)


def _granted(is_active: bool, is_superuser: bool, group_names: Iterable[str]) -> frozenset[Permission]:
    if not is_active:
        return frozenset()
    return frozenset(Permission) if is_superuser else permissions_of(group_names)
