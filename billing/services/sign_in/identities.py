"""People from the identity provider: found by (issuer, subject), and created when one of their groups gives a role."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Identity, User
from billing.roles import SUPERUSER
from billing.services import audit
from billing.services.actor import Door, Origin, actor_for
from billing.services.audit import refusals
from billing.services.sign_in import sessions
from billing.services.sign_in.identity_provider import role_sources, roles_of_groups
from billing.sso.claims import Claims

_VERB: Final = "session.sign_in"
_NOT_ALLOWED_IN_NAMES: Final = re.compile(r"[^\w.@+-]+")
_MAX_NAME_LENGTH: Final = 140  # leaves room for a number at the end


class DenialReason(StrEnum):
    """Why a person whom the provider vouches for may not sign in."""

    NO_ROLE = "no group gives a role"
    DEACTIVATED = "deactivated here"
    SESSIONS_ENDED = "sessions were ended meanwhile"


class AccessDenied(Exception):
    """The provider's answer is valid, but the person may not sign in. `user` is None if they have no account.

    The text is for the log and the audit: `detail` says more than the page does.
    """

    def __init__(self, reason: DenialReason, user: User | None, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.user = user


def admit(claims: Claims, started_at: float, origin: Origin) -> Identity:
    """Return the identity of these claims, and give its person exactly the roles of their groups.

    `started_at` is when the sign-in started. If the person's sessions were ended since then, the sign-in is refused.
    Raise AccessDenied. A person whose groups no longer give a role loses their roles and sessions first.
    """
    roles = roles_of_groups(claims.groups)
    identity = find(claims)
    if identity is None and not roles:
        raise AccessDenied(DenialReason.NO_ROLE, None, _why_no_role(claims))
    if identity is None:
        identity = _link_by_email(claims, origin) or _create(claims, origin)
    user = identity.user
    if not user.is_active:
        raise AccessDenied(DenialReason.DEACTIVATED, user)
    if user.has_ended_sessions_of(started_at):
        raise AccessDenied(DenialReason.SESSIONS_ENDED, user)
    _replace_roles(user, roles, origin)
    changes = {"role_sources": role_sources(claims.groups), **_names(claims)}
    User.objects.filter(pk=user.pk).update(**changes)
    if not roles:
        sessions.end_of_user(user)
        raise AccessDenied(DenialReason.NO_ROLE, user, _why_no_role(claims))
    identity.last_sign_in_at = timezone.now()
    identity.save(update_fields=["last_sign_in_at"])
    return identity


def find(claims: Claims) -> Identity | None:
    identities = Identity.objects.select_related("user")
    return identities.filter(issuer=claims.issuer, subject=claims.subject).first()


def record_refusal(detail: str, origin: Origin, user: User | None = None) -> None:
    """Record a sign-in that failed. Many by unknown people in a minute become one row."""
    detail = f"single sign-on: {detail}"
    if user is None:
        refusals.record_unknown(
            _VERB, door=Door.PAGE, detail=detail, request_id=origin.request_id, address=origin.address
        )
    else:
        actor = actor_for(user, Door.PAGE, origin)
        audit.record(actor, _VERB, audit.Outcome.REFUSED, detail=detail)


def _why_no_role(claims: Claims) -> str:
    """Describe the groups without their names, which may be those of people or projects."""
    if claims.why_no_groups:
        return claims.why_no_groups
    count = len(claims.groups)
    return f"OIDC_ROLE_MAP has {'no role for the group' if count == 1 else f'none of the {count} groups'}"


def _link_by_email(claims: Claims, origin: Origin) -> Identity | None:
    """Link the one account with the verified email address, if OIDC_TRUST_EMAIL allows it.

    This includes deactivated accounts, so that a deactivated person does not get a new account.
    """
    if not settings.OIDC_TRUST_EMAIL or not claims.verified_email:
        return None
    users = User.objects.filter(email__iexact=claims.verified_email)
    if len(users) != 1 or users[0].identities.filter(issuer=claims.issuer).exists():
        return None
    try:
        with transaction.atomic():
            identity = Identity.objects.create(user=users[0], issuer=claims.issuer, subject=claims.subject)
            _record_change("staff.change", users[0], "joined with single sign-on by verified e-mail", origin)
    except IntegrityError:
        return find(claims)
    return identity


def _create(claims: Claims, origin: Origin) -> Identity:
    """Create a person. If another tab has just created the same one, return that."""
    try:
        with transaction.atomic():
            user = User(username=_free_name(claims.name))
            user.set_unusable_password()
            user.save()
            identity = Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
            _record_change("staff.create", user, "by single sign-on", origin)
    except IntegrityError:
        existing = find(claims)
        if existing is None:
            raise
        return existing
    return identity


def _free_name(name: str) -> str:
    """Return a username made from the provider's name, with a number if another person has it."""
    cleaned = _NOT_ALLOWED_IN_NAMES.sub(".", unicodedata.normalize("NFKC", name))
    base = cleaned.strip(".")[:_MAX_NAME_LENGTH] or "person"
    candidate, number = base, 1
    while User.objects.filter(username__iexact=candidate).exists():
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def _names(claims: Claims) -> dict[str, str]:
    """Return the fields for the person's full name, none if the provider does not state it."""
    first, _, last = claims.full_name.partition(" ")
    return {"first_name": first, "last_name": last} if first else {}


def _replace_roles(user: User, names: frozenset[str], origin: Origin) -> None:
    """Give exactly these roles. A superuser whom no group made one, such as an operator's, stays one."""
    roles = names - {SUPERUSER}
    is_superuser = SUPERUSER in names or (user.is_superuser and SUPERUSER not in user.role_sources)
    with transaction.atomic():
        had_roles = set(user.groups.values_list("name", flat=True))
        if had_roles == roles and user.is_superuser == is_superuser:
            return
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in sorted(roles)])
        user.is_superuser = is_superuser
        user.save(update_fields=["is_superuser"])
        detail = f"roles {', '.join(sorted(names)) or 'none'}, from groups"
        _record_change("staff.change", user, detail, origin)


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
