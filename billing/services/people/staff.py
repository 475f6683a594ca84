"""People who sign in here: made by the operator, with a role; switched off and on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from billing.models import Scan, User
from billing.roles import Permission, Role
from billing.services import audit
from billing.services.actor import Actor, Door, granted_to
from billing.services.sign_in import sessions
from billing.services.storage import recent
from billing.services.tokens import kept_copies

_VERBS: Final = {False: "staff.deactivate", True: "staff.activate"}


class UnknownPerson(LookupError):
    """Nobody has this id or name."""


class NotToBeSwitched(Exception):
    """This person cannot be deactivated or activated by this actor. The text says why, to the actor."""


def set_up(*, username: str, role: Role, password: str | None = None) -> tuple[User, bool]:
    """A person with exactly this role, and whether they are new. Without a password a new person cannot sign in
    locally, and an existing one keeps theirs. Raises ValidationError for a name or password that will not do."""
    user = User.objects.filter(username=username).first() or User(username=username)
    is_new = user.pk is None
    if password is not None:
        validate_password(password, user)
        user.set_password(password)
    elif is_new:
        user.set_unusable_password()
    user.full_clean()
    user.role_sources = {}  # whatever groups at the provider gave before, this is an operator's word
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
    """Records what a superuser changed of a person, in words: names of fields and roles, never a secret."""
    audit.record(
        actor,
        "staff.create" if is_new else "staff.change",
        audit.Outcome.SUCCEEDED,
        subject=user.get_username(),
        detail="; ".join(changes),
    )


def deactivate(actor: Actor, person_id: int) -> User:
    """Shuts a person out, at once and everywhere: sessions, portal keys and Altostrat tokens all ask for the active
    flag at each use. Nothing is deleted. Twice changes nothing.

    Raises NotPermitted, UnknownPerson, NotToBeSwitched.
    """
    return _switch(actor, person_id, on=False)


def activate(actor: Actor, person_id: int) -> User:
    """Lets a person in again, with the roles, keys and tokens that they had. Raises as `deactivate`."""
    return _switch(actor, person_id, on=True)


def obstacle_to_switch(actor: Actor, user: User) -> str:
    """Why the actor may neither deactivate nor activate this person, as a sentence; nothing when they may."""
    if user.pk == actor.user.pk:
        return "You cannot switch yourself off: somebody else has to do it."
    if user.is_superuser and not actor.user.is_superuser:
        return "A superuser can be switched by another superuser or on the command line only."
    return ""


def deactivate_as_operator(username: str) -> User:
    """`deactivate` on the word of whoever has the command line: anybody. Raises UnknownPerson."""
    return _switch_as_operator(username, on=False)


def activate_as_operator(username: str) -> User:
    """`activate` on the word of whoever has the command line. Raises UnknownPerson."""
    return _switch_as_operator(username, on=True)


def acting_from_command_line(username: str) -> Actor:
    """The actor for a command run in a person's name. Raises User.DoesNotExist."""
    user = User.objects.get_by_natural_key(username)
    return Actor(user, Door.COMMAND, granted_to(user))


def _switch(actor: Actor, person_id: int, *, on: bool) -> User:
    actor.require(Permission.PEOPLE_MANAGE)
    user = User.objects.filter(pk=person_id).first()
    if user is None:
        raise UnknownPerson
    obstacle = obstacle_to_switch(actor, user)
    if obstacle:
        audit.record(actor, _VERBS[on], audit.Outcome.REFUSED, subject=user.get_username(), detail=obstacle)
        raise NotToBeSwitched(obstacle)
    with transaction.atomic():
        if _set_active(user, on=on):
            audit.record(actor, _VERBS[on], audit.Outcome.SUCCEEDED, subject=user.get_username())
    return user


def _switch_as_operator(username: str, *, on: bool) -> User:
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
    """Return whether this call changed it. Sessions that end now do not continue when the person is reactivated."""
    user.is_active = on
    changed = User.objects.filter(pk=user.pk, is_active=not on).update(is_active=on)
    recent.clear_all()
    if not on:
        sessions.end_of_user(user)
        kept_copies.delete_for_user(user.pk)
        Scan.objects.filter(token__owner=user).delete()
    return bool(changed)
