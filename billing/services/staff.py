"""People who sign in here: made by the operator, with a role."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from billing.models import User
from billing.roles import Role
from billing.services import audit
from billing.services.actor import Actor, Door, granted_to


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


def acting_from_command_line(username: str) -> Actor:
    """The actor for a command run in a person's name. Raises User.DoesNotExist."""
    user = User.objects.get_by_natural_key(username)
    return Actor(user, Door.COMMAND, granted_to(user))
