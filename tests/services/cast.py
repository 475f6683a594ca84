"""The people of the tests that run inside this process. Their rows are written as they are: without checks or audit."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group

from billing.altostrat.credentials import BearerToken
from billing.models import AltostratToken, User
from billing.roles import Role
from billing.services import tokens
from billing.services.actor import Actor, Door, granted_to


def person(
    name: str, role: Role | None, token: str | None = None, last_login: datetime | None = None
) -> User:
    """Return a fresh person with this role and token."""
    user = User(username=name, last_login=last_login)
    user.set_unusable_password()
    User.objects.bulk_create([user])
    if role is not None:
        group = Group.objects.only("pk").get(name=role.value)
        User.groups.through.objects.bulk_create([User.groups.through(user=user, group=group)])
    if token is not None:
        row = AltostratToken(owner=user, label=f"{name}'s token", is_default=True)
        tokens.seal(BearerToken.parse(token), row)
        AltostratToken.objects.bulk_create([row])
    return user


def actor_called(name: str, role: Role = Role.EDITOR, token: str | None = None) -> Actor:
    """Return a fresh person with that role and token, acting through a page."""
    user = person(name, role, token)
    return Actor(user, Door.PAGE, granted_to(user), request_id="test-request", address="127.0.0.1")
