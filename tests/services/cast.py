"""The people of the tests that run inside this process."""

from __future__ import annotations

from django.contrib.auth.models import Group

from billing.models import User
from billing.roles import Role
from billing.services.actor import Actor, Door, granted_to


def actor_called(name: str, role: Role = Role.EDITOR) -> Actor:
    """Return a fresh person with that role, acting through a page."""
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return Actor(user, Door.PAGE, granted_to(user), request_id="test-request", address="127.0.0.1")
