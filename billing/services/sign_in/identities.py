"""People who come from the provider: found by (issuer, subject), made when a group gives a role, never by e-mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Identity, User, UserSession
from billing.roles import Role
from billing.services import audit
from billing.services.actor import Actor, Door, granted_to
from billing.services.audit import refusals
from billing.services.sign_in.identity_provider import reasons_for_roles, roles_given_by
from billing.sso.claims import Claims

_VERB: Final = "session.sign_in"
_NOT_IN_NAMES: Final = re.compile(r"[^\w.@+-]+")
_LONGEST_NAME: Final = 140  # leaves room for a number behind it


class Obstacle(StrEnum):
    """Why somebody whom the provider vouches for does not come in."""

    NO_ROLE = "no group gives a role"
    DEACTIVATED = "deactivated here"
    ENDED_MEANWHILE = "sessions were ended meanwhile"


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


def admit(claims: Claims, started_at: float, origin: Origin) -> User:
    """The person of these claims, with exactly the roles that their groups give at this moment.

    `started_at` is when they set out: what ends a person's sessions ends a sign-in under way as well.
    Raises NotAdmitted. Of a person we know whose groups give no role any more, roles and sessions are gone by then.
    """
    roles = roles_given_by(claims.groups)
    user = known(claims)
    if user is None and not roles:
        raise NotAdmitted(Obstacle.NO_ROLE, None)
    if user is None:
        user = _joined(claims, origin) or _made(claims, origin)
    if not user.is_active:
        raise NotAdmitted(Obstacle.DEACTIVATED, user)
    if user.sessions_valid_from is not None and started_at <= user.sessions_valid_from.timestamp():
        raise NotAdmitted(Obstacle.ENDED_MEANWHILE, user)
    _replace_roles(user, roles, origin)
    User.objects.filter(pk=user.pk).update(role_sources=reasons_for_roles(claims.groups))
    if not roles:
        end_sessions_of(user)
        raise NotAdmitted(Obstacle.NO_ROLE, user)
    _note_sign_in(claims)
    return user


def known(claims: Claims) -> User | None:
    """The person with this identity."""
    found = (
        Identity.objects.select_related("user").filter(issuer=claims.issuer, subject=claims.subject).first()
    )
    return found.user if found else None


def record_refusal(detail: str, origin: Origin, user: User | None = None) -> None:
    """One audit row for a sign-in that came to nothing; a sum for nobody's, when there are many in a minute."""
    detail = f"single sign-on: {detail}"
    if user is None:
        refusals.record_unknown(
            _VERB, door=Door.PAGE, detail=detail, request_id=origin.request_id, address=origin.address
        )
    else:
        actor = Actor(user, Door.PAGE, granted_to(user), origin.request_id, origin.address)
        audit.record(actor, _VERB, audit.Outcome.REFUSED, detail=detail)


def end_sessions_of(user: User) -> None:
    """Every session of this person is over: from its next request on, on every replica."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(sessions_valid_from=now)
    UserSession.objects.filter(user=user, ended_at=None).update(ended_at=now)


def _joined(claims: Claims, origin: Origin) -> User | None:
    """The one account here with the e-mail address that the issuer has verified: only where the operator trusts that.

    Deactivated accounts count: who has been switched off here does not come back as somebody new.
    """
    if not settings.OIDC_TRUST_EMAIL or not claims.verified_email:
        return None
    found = User.objects.filter(email__iexact=claims.verified_email)
    if len(found) != 1 or found[0].identities.filter(issuer=claims.issuer).exists():
        return None
    try:
        with transaction.atomic():
            Identity.objects.create(user=found[0], issuer=claims.issuer, subject=claims.subject)
            _record_change("staff.change", found[0], "joined with single sign-on by verified e-mail", origin)
    except IntegrityError:
        return known(claims)
    return found[0]


def _note_sign_in(claims: Claims) -> None:
    now = timezone.now()
    identity = Identity.objects.get(issuer=claims.issuer, subject=claims.subject)
    identity.last_sign_in_at = now
    identity.save(update_fields=["last_sign_in_at"])
    if claims.sid:
        oldest = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        identity.provider_sessions.filter(last_sign_in_at__lt=oldest).delete()
        identity.provider_sessions.update_or_create(sid=claims.sid, defaults={"last_sign_in_at": now})


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
        theirs = known(claims)
        if theirs is None:
            raise
        return theirs
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
