"""People who sign in: an operator creates, deactivates and reactivates them from the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from billing.models import Scan, User
from billing.roles import Permission, Role
from billing.services import audit
from billing.services.actor import Actor, Door, actor_for, with_rights_now
from billing.services.sign_in import sessions
from billing.services.storage import recent
from billing.services.tokens import kept_copies

STATUS_VERBS: Final = {False: "staff.deactivate", True: "staff.activate"}


class UnknownPerson(LookupError):
    """No person has this id or username."""


class PersonExists(Exception):
    """A person with this username exists, and must not be changed by accident."""


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
            subject=user.audit_name,
            detail=f"role {role.value}",
        )
    return user, is_new


def deactivate_as_operator(username: str) -> User:
    """Deactivate anyone from the command line. Raise UnknownPerson."""
    return _set_status_as_operator(username, on=False)


def activate_as_operator(username: str) -> User:
    """Reactivate anyone from the command line. Raise UnknownPerson."""
    return _set_status_as_operator(username, on=True)


def actor_for_command(username: str) -> Actor:
    """Return the actor of a command that runs for a person. Raise User.DoesNotExist."""
    return actor_for(User.objects.get_by_natural_key(username), Door.COMMAND)


def _set_status_as_operator(username: str, *, on: bool) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise UnknownPerson
    with transaction.atomic():
        if set_active(user, on=on):
            audit.record_unattended(
                STATUS_VERBS[on], audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=user.audit_name
            )
    return user


def set_active(user: User, *, on: bool) -> bool:
    """Return whether this call changed the status. The caller records it.

    Deactivation ends all sessions permanently, and every use of portal keys and Altostrat tokens checks the
    flag. Nothing of theirs is deleted but copies and scans.
    """
    user.is_active = on
    changed = User.objects.filter(pk=user.pk, is_active=not on).update(is_active=on)
    recent.clear_all()
    if not on:
        sessions.end_of_user(user)
        kept_copies.delete_for_user(user.pk)
        Scan.objects.filter(token__owner=user).delete()
    return bool(changed)


def locked(actor: Actor, person_id: int) -> tuple[Actor, User]:
    """Lock the rows of actor and person, and return both as they are now. Raise UnknownPerson, NotPermitted.

    Of two administrators who deactivate each other at the same time, one is left.
    """
    rows = User.objects.select_for_update().filter(pk__in={person_id, actor.user.pk}).order_by("pk")
    found = {row.pk: row for row in rows}
    if person_id not in found:
        raise UnknownPerson
    now = replace(with_rights_now(actor), user=found[actor.user.pk])
    now.require(Permission.PEOPLE_MANAGE)
    return now, found[person_id]
