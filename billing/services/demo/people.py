"""The demo's people, each with a role and a sandbox token. Used only in the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

from billing.models import Identity, User
from billing.roles import SUPERUSER, Permission, Role
from billing.services import tokens
from billing.services.actor import Actor, Door, actor_for
from billing.services.people import staff
from billing.services.sign_in.identity_provider import roles_of_groups
from billing.services.tokens import manage as token_changes
from billing.vault import CannotUnseal

# Made-up tokens that only the sandbox accepts: docs/sandbox.md. The token of the failure gallery is left out, because
# it would fill every list with failures.
_COMPANY_TOKEN: Final = "alto_sk_sandbox_company_000000000000000000000000000000000000"  # noqa: S105
_ADMINISTRATOR_TOKEN: Final = "alto_sk_sandbox_finance_000000000000000000000000000000000000"  # noqa: S105
_ADMINISTRATOR: Final = "admin"


def set_up_people(people: Iterable[Mapping[str, Any]]) -> list[User]:
    """Create the people of identity_provider/people.json whose groups give a role, with a stored token.

    People without a role are left out, so that they see what an unknown person sees.
    """
    return [
        _set_up(person, Role(name))
        for person in people
        for name in sorted(roles_of_groups(person["groups"]) - {SUPERUSER})[:1]
    ]


def set_up_administrator(*, password: str) -> User:
    """Create the superuser, who signs in with a password rather than through the identity provider."""
    user, _ = staff.create_or_change(username=_ADMINISTRATOR, role=Role.ADMIN, password=password)
    if not user.is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    _store_token(user, _ADMINISTRATOR_TOKEN)
    return user


def _set_up(person: Mapping[str, Any], role: Role) -> User:
    user, _ = staff.create_or_change(username=person["preferred_username"], role=role)
    user.first_name, _, user.last_name = person["name"].partition(" ")
    user.save(update_fields=["first_name", "last_name"])
    # The demo's provider may listen on another port than before, which makes it another issuer.
    Identity.objects.update_or_create(
        user=user, defaults={"issuer": settings.OIDC_ISSUER, "subject": person["sub"]}
    )
    _store_token(user, _COMPANY_TOKEN)
    return user


def _store_token(user: User, token: str) -> None:
    """Store a token for those who may read billing data, unless they have one that opens."""
    actor = actor_for(user, Door.COMMAND)
    if Permission.BILLING_READ in actor.permissions and not _has_working_token(actor):
        token_changes.save(actor, text=token, label="Sandbox", default=True)


def _has_working_token(actor: Actor) -> bool:
    try:
        row = tokens.choose(actor.user)
    except tokens.NoToken:
        return False
    try:
        tokens.unseal(row)
    except CannotUnseal:
        token_changes.delete(actor, row.pk)
        return False
    return True
