"""People who come from the provider: found by (issuer, subject), made when a group gives a role, never by e-mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Identity, User
from billing.roles import Role
from billing.services import audit, vault_check
from billing.services.actor import Actor, Door, granted_to
from billing.services.identity_provider import roles_given_by
from billing.sso.claims import Claims
from billing.vault import CannotUnseal

_VERB: Final = "session.sign_in"
_NOT_IN_NAMES: Final = re.compile(r"[^\w.@+-]+")
_LONGEST_NAME: Final = 140  # leaves room for a number behind it


class Obstacle(StrEnum):
    """Why somebody whom the provider vouches for does not come in."""

    NO_ROLE = "no group gives a role"
    DEACTIVATED = "deactivated here"


class NotAdmitted(Exception):
    """The provider's word was believed, and does not suffice. `user` is None for somebody we do not know."""

    def __init__(self, obstacle: Obstacle, user: User | None) -> None:
        super().__init__(str(obstacle))
        self.obstacle = obstacle
        self.user = user


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from, for the audit."""

    request_id: str
    address: str | None


def admit(claims: Claims, origin: Origin) -> User:
    """The person of these claims, with exactly the roles that their groups give at this moment.

    Raises NotAdmitted, once the roles of a person we know have been taken away, where their groups give none any more.
    """
    roles = roles_given_by(claims.groups)
    user = _known(claims)
    if user is None and not roles:
        raise NotAdmitted(Obstacle.NO_ROLE, None)
    if user is None:
        user = _made(claims, origin)
    if not user.is_active:
        raise NotAdmitted(Obstacle.DEACTIVATED, user)
    _replace_roles(user, roles, origin)
    if not roles:
        raise NotAdmitted(Obstacle.NO_ROLE, user)
    Identity.objects.filter(issuer=claims.issuer, subject=claims.subject).update(
        last_sign_in_at=timezone.now()
    )
    return user


def record_refusal(detail: str, origin: Origin, user: User | None = None) -> None:
    """One audit row for a sign-in that came to nothing."""
    detail = f"single sign-on: {detail}"
    if user is None:
        audit.record_unattended(
            _VERB,
            audit.Outcome.REFUSED,
            door=Door.PAGE,
            detail=detail,
            request_id=origin.request_id,
            address=origin.address,
        )
    else:
        actor = Actor(user, Door.PAGE, granted_to(user), origin.request_id, origin.address)
        audit.record(actor, _VERB, audit.Outcome.REFUSED, detail=detail)


def seal_id_token(user: User, id_token: str) -> str:
    """An envelope to keep in the session: the provider wants the id_token again at sign-out."""
    return vault_check.key_ring().seal(id_token, _context(user))


def unseal_id_token(user: User, envelope: str) -> str:
    """The id_token inside, or nothing when the vault's key is gone: sign-out works without it, too."""
    try:
        return vault_check.key_ring().unseal(envelope, _context(user))
    except CannotUnseal:
        return ""


def _context(user: User) -> tuple[str, ...]:
    return ("id_token", str(user.pk))


def _known(claims: Claims) -> User | None:
    found = (
        Identity.objects.select_related("user").filter(issuer=claims.issuer, subject=claims.subject).first()
    )
    return found.user if found else None


def _made(claims: Claims, origin: Origin) -> User:
    """A new person. Another tab may make the same one at the same moment: then, theirs."""
    try:
        with transaction.atomic():
            user = User(username=_free_name(claims.name))
            user.set_unusable_password()
            user.save()
            Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
            _record_change("staff.create", user, "by single sign-on", origin)
    except IntegrityError:
        known = _known(claims)
        if known is None:
            raise
        return known
    return user


def _free_name(wanted: str) -> str:
    """A username made of what the provider calls the person; numbered when somebody has it, and never theirs."""
    base = (
        _NOT_IN_NAMES.sub(".", unicodedata.normalize("NFKC", wanted)).strip(".")[:_LONGEST_NAME] or "person"
    )
    name, number = base, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


def _replace_roles(user: User, roles: Iterable[Role], origin: Origin) -> None:
    wanted = {role.value for role in roles}
    with transaction.atomic():
        held = set(user.groups.values_list("name", flat=True))
        if held == wanted:
            return
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in sorted(wanted)])
        _record_change(
            "staff.change", user, f"roles {', '.join(sorted(wanted)) or 'none'}, from groups", origin
        )


def _record_change(verb: str, user: User, detail: str, origin: Origin) -> None:
    audit.record_unattended(
        verb,
        audit.Outcome.SUCCEEDED,
        door=Door.PAGE,
        subject=user.get_username(),
        detail=detail,
        request_id=origin.request_id,
        address=origin.address,
    )
