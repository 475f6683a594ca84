"""People who sign in: an operator creates them with a role, and administrators deactivate and reactivate them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from billing.models import Scan, User
from billing.roles import Permission, Role
from billing.services import audit
from billing.services.actor import Actor, Door, actor_for
from billing.services.sign_in import sessions
from billing.services.storage import recent
from billing.services.tokens import kept_copies

_VERBS: Final = {False: "staff.deactivate", True: "staff.activate"}


class UnknownPerson(LookupError):
    """No person has this id or username."""


class PersonExists(Exception):
    """A person with this username exists, and must not be changed by accident."""


class StatusChangeRefused(Exception):
    """This actor may not deactivate or reactivate this person. The text tells the actor why."""


def create_or_change(
    *, username: str, role: Role, password: str | None = None, may_change: bool = True
) -> tuple[User, bool]:
    """Give a person exactly this role, and return them and whether they are new.

    Without a password, a new person cannot sign in with one, and an existing person keeps theirs. Raise PersonExists
    unless `may_change`, and ValidationError for an invalid username or password.
    """
    user = User.objects.filter(username=username).first() or User(username=username)
    is_new = user.pk is None
    if not (is_new or may_change):
        raise PersonExists
    if password is not None:
        validate_password(password, user)
        user.set_password(password)
    elif is_new:
        user.set_unusable_password()
    user.full_clean()
    user.role_sources = {}  # the operator's role replaces those from groups
    with transaction.atomic():
        user.save()
        user.groups.remove(*Group.objects.filter(name__in=[other.value for other in Role]))
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        audit.record_unattended(
            "staff.create" if is_new else "staff.change",
            audit.Outcome.SUCCEEDED,
            door=Door.COMMAND,
            subject=username,
            detail=f"role {role.value}",
        )
    return user, is_new


def record_edit(actor: Actor, user: User, changes: Iterable[str], *, is_new: bool = False) -> None:
    """Record what a superuser changed about a person: names of fields and roles, never a secret."""
    audit.record(
        actor,
        "staff.create" if is_new else "staff.change",
        audit.Outcome.SUCCEEDED,
        subject=user.get_username(),
        detail="; ".join(changes),
    )


def deactivate(actor: Actor, person_id: int) -> User:
    """Deactivate a person: sessions end, and every use of their portal keys and Altostrat tokens checks the flag.

    Nothing of theirs is deleted. Raise NotPermitted, UnknownPerson, StatusChangeRefused.
    """
    return _set_status(actor, person_id, on=False)


def activate(actor: Actor, person_id: int) -> User:
    """Reactivate a person, with the roles, keys and tokens that they had. Raise as `deactivate`."""
    return _set_status(actor, person_id, on=True)


def status_change_refusal(actor: Actor, user: User) -> str:
    """Return why the actor may not deactivate or reactivate this person, or "" if they may."""
    if user.pk == actor.user.pk:
        return "You can't deactivate yourself. Ask another administrator."
    if user.is_superuser and not actor.user.is_superuser:
        return "Only another superuser, or an operator on the command line, can deactivate or reactivate a superuser."
    return ""


def deactivate_as_operator(username: str) -> User:
    """Deactivate anyone from the command line. Raise UnknownPerson."""
    return _set_status_as_operator(username, on=False)


def activate_as_operator(username: str) -> User:
    """Reactivate anyone from the command line. Raise UnknownPerson."""
    return _set_status_as_operator(username, on=True)


def actor_for_command(username: str) -> Actor:
    """Return the actor of a command that runs for a person. Raise User.DoesNotExist."""
    return actor_for(User.objects.get_by_natural_key(username), Door.COMMAND)


def _set_status(actor: Actor, person_id: int, *, on: bool) -> User:
    actor.require(Permission.PEOPLE_MANAGE)
    user = User.objects.filter(pk=person_id).first()
    if user is None:
        raise UnknownPerson
    refusal = status_change_refusal(actor, user)
    if refusal:
        audit.record(actor, _VERBS[on], audit.Outcome.REFUSED, subject=user.get_username(), detail=refusal)
        raise StatusChangeRefused(refusal)
    with transaction.atomic():
        if _set_active(user, on=on):
            audit.record(actor, _VERBS[on], audit.Outcome.SUCCEEDED, subject=user.get_username())
    return user


def _set_status_as_operator(username: str, *, on: bool) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise UnknownPerson
    with transaction.atomic():
        if _set_active(user, on=on):
            audit.record_unattended(
                _VERBS[on], audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=user.get_username()
            )
    return user


def _set_active(user: User, *, on: bool) -> bool:
    """Return whether this call changed the status. Deactivation ends all sessions permanently."""
    user.is_active = on
    changed = User.objects.filter(pk=user.pk, is_active=not on).update(is_active=on)
    recent.clear_all()
    if not on:
        sessions.end_of_user(user)
        kept_copies.delete_for_user(user.pk)
        Scan.objects.filter(token__owner=user).delete()
    return bool(changed)
