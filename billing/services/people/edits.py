"""Adds and edits people: name, email address, roles, password. Each change has a reason and an audit entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from billing.models import User
from billing.roles import SUPERUSER, Permission, Role, roles_among
from billing.services import audit
from billing.services.actor import Actor, group_names
from billing.services.people import staff
from billing.services.sign_in import identity_provider, sessions

_CREATED: Final = "staff.create"
_CHANGED: Final = "staff.change"
_OWN_ROLES: Final = "Nobody can change their own roles. Ask another administrator."
# The fields that only a superuser may change.
OF_SUPERUSERS: Final = ("username", "email")
_FROM_PROVIDER: Final = ("first_name", "last_name", "email")


class EditRefused(Exception):
    """This actor may not make this change. The text tells the actor why."""


@dataclass(frozen=True, slots=True)
class Details:
    """What can be edited about a person."""

    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    roles: frozenset[Role] = frozenset()
    is_superuser: bool = False


def details_of(user: User) -> Details:
    return Details(
        user.get_username(),
        user.first_name,
        user.last_name,
        user.email,
        frozenset(roles_among(group_names(user))),
        user.is_superuser,
    )


def refusal(actor: Actor, user: User) -> str:
    """Return why the actor may not edit this person at all, or "" if they may."""
    if user.is_superuser and not actor.user.is_superuser:
        return "Only another superuser can edit a superuser."
    return ""


def fixed_roles(actor: Actor, user: User) -> str:
    """Return why the actor may not change the roles of this person, or "" if they may."""
    if user.pk == actor.user.pk:
        return _OWN_ROLES
    if identity_provider.is_enabled() and user.identities.exists():
        return "The groups at your company's sign-in service give the roles, at each sign-in."
    return refusal(actor, user)


def fixed_superuser(actor: Actor, user: User) -> str:
    """Return why the actor may not make this person a superuser or end that, or "" if they may."""
    if user.pk == actor.user.pk:
        return _OWN_ROLES
    if not actor.user.is_superuser:
        return "Only a superuser can make superusers."
    if identity_provider.is_enabled() and SUPERUSER in user.role_sources:
        return "A group at your company's sign-in service makes this person a superuser, at each sign-in."
    return ""


def create(actor: Actor, details: Details, *, password: str, reason: str) -> User:
    """Add a person, who without a password can't sign in with one. Raise EditRefused, ValidationError."""
    _require_superuser(actor)
    user = User(role_sources={})
    _assign(user, details)
    _set_password(user, password)
    user.full_clean()
    with transaction.atomic():
        user.save()
        _set_roles(user, details.roles)
        text = "; ".join(_differences(Details(user.get_username()), details))
        _record(actor, _CREATED, user, text, reason)
    return user


def edit(actor: Actor, person_id: int, details: Details, *, reason: str) -> User:
    """Change a person. Raise NotPermitted, UnknownPerson, EditRefused, ValidationError."""
    actor.require(Permission.PEOPLE_MANAGE)
    with transaction.atomic():
        actor, user = staff.locked(actor, person_id)
        before = details_of(user)
        _check(actor, user, before, details)
        changes = "; ".join(_differences(before, details))
        if changes:
            _assign(user, details)
            # The provider may have sent anything.
            user.full_clean(
                exclude={name for name in _FROM_PROVIDER if getattr(before, name) == getattr(details, name)}
            )
            if before.roles != details.roles:
                user.role_sources = {}  # the roles of this edit replace those from groups
                _set_roles(user, details.roles)
            user.save()
            _record(actor, _CHANGED, user, changes, reason)
    return user


def set_password(actor: Actor, person_id: int, password: str, *, reason: str) -> User:
    """Replace a password, which ends all sessions of the person; "" removes it.

    Raise UnknownPerson, EditRefused, ValidationError.
    """
    with transaction.atomic():
        actor, user = staff.locked(actor, person_id)
        _require_superuser(actor)
        _set_password(user, password)
        user.save(update_fields=["password"])
        if user.pk != actor.user.pk:
            sessions.end_of_user(user)
        _record(actor, _CHANGED, user, f"password {'set' if password else 'removed'}", reason)
    return user


def change_own_password(actor: Actor, password: str) -> None:
    """Replace the actor's password. The caller has verified the present one. Raise ValidationError."""
    validate_password(password, actor.user)
    with transaction.atomic():
        actor.user.set_password(password)
        actor.user.save(update_fields=["password"])
        _record(actor, _CHANGED, actor.user, "own password", "")


def _require_superuser(actor: Actor) -> None:
    """Raise EditRefused. With a new password, one can sign in as that person and use their tokens."""
    if not actor.user.is_superuser:
        raise EditRefused("Only a superuser can add people and set passwords.")


def _check(actor: Actor, user: User, before: Details, after: Details) -> None:
    why_not = refusal(actor, user)
    if not why_not and before.roles != after.roles:
        why_not = fixed_roles(actor, user)
    if not why_not and before.is_superuser != after.is_superuser:
        why_not = fixed_superuser(actor, user)
    if not why_not and not actor.user.is_superuser:
        names = [name for name in OF_SUPERUSERS if getattr(before, name) != getattr(after, name)]
        # With another address, somebody else's sign-in could join the account: OIDC_TRUST_EMAIL.
        why_not = f"Only a superuser can change {' and '.join(names)}." if names else ""
    if why_not:
        raise EditRefused(why_not)


def _assign(user: User, details: Details) -> None:
    user.username, user.email = details.username, details.email
    user.first_name, user.last_name = details.first_name, details.last_name
    user.is_superuser = details.is_superuser


def _set_roles(user: User, roles: frozenset[Role]) -> None:
    user.groups.set([Group.objects.get_or_create(name=role.value)[0] for role in sorted(roles)])


def _set_password(user: User, password: str) -> None:
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise ValidationError({"password": error}) from None
        user.set_password(password)
    else:
        user.set_unusable_password()


def _differences(before: Details, after: Details) -> Iterator[str]:
    """Yield the names of the changed fields, and the roles: never an address or a name of a person."""
    for field in fields(Details):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.name == "roles":
            yield from (f"role {role} added" for role in sorted(new - old))
            yield from (f"role {role} removed" for role in sorted(old - new))
        elif field.name == "username":
            yield f"username, was {old}"
        else:
            yield f"{field.name} {'on' if new else 'off'}" if isinstance(new, bool) else field.name


def _record(actor: Actor, verb: str, user: User, detail: str, reason: str) -> None:
    succeeded = audit.Outcome.SUCCEEDED
    audit.record(actor, verb, succeeded, subject=user.audit_name, detail=detail, reason=reason)
