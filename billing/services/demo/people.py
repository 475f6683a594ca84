"""The people of the demo: those of its company who have a role, with a sandbox token. Never called outside the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

from billing.models import Identity, User
from billing.roles import Permission, Role
from billing.services import tokens
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import staff
from billing.services.sign_in.identity_provider import roles_given_by
from billing.services.tokens import manage as token_changes
from billing.vault import CannotUnseal

# Made up, and known to nobody but the sandbox: docs/sandbox.md. The failure gallery is for who wants to see failures:
# it would fill every list of the others with them.
_COMPANYS_TOKEN: Final = "alto_sk_sandbox_company_000000000000000000000000000000000000"  # noqa: S105
_ADMINISTRATORS_TOKEN: Final = "alto_sk_sandbox_finance_000000000000000000000000000000000000"  # noqa: S105
_ADMINISTRATOR: Final = "admin"


def set_up_people(people: Iterable[Mapping[str, Any]]) -> list[User]:
    """Each of identity_provider/people.json whose groups give a role, so that their first sign-in finds a token stored.

    Who has no role yet is not made: they see what a stranger sees.
    """
    return [
        _set_up(person, role) for person in people for role in sorted(roles_given_by(person["groups"]))[:1]
    ]


def set_up_administrator(*, password: str) -> User:
    """Who may enter /admin/, with a password and without the company's sign-in service."""
    user, _ = staff.set_up(username=_ADMINISTRATOR, role=Role.ADMIN, password=password)
    if not user.is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    _lend_a_token(user, _ADMINISTRATORS_TOKEN)
    return user


def _set_up(person: Mapping[str, Any], role: Role) -> User:
    user, _ = staff.set_up(username=person["preferred_username"], role=role)
    # The demo's provider may listen on another port than the last time, and is another issuer then.
    Identity.objects.update_or_create(
        user=user, defaults={"issuer": settings.OIDC_ISSUER, "subject": person["sub"]}
    )
    _lend_a_token(user, _COMPANYS_TOKEN)
    return user


def _lend_a_token(user: User, token: str) -> None:
    """A token that opens here and now, for those who may see billing data."""
    actor = Actor(user, Door.COMMAND, granted_to(user))
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
        token_changes.forget(actor, row.pk)
        return False
    return True
