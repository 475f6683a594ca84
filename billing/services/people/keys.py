"""Portal keys: issue, revoke, authenticate. Only `authenticate` makes an Actor instead of taking one."""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from billing.models import PortalKey
from billing.roles import KEY_SCOPES, Permission
from billing.services import audit
from billing.services.actor import Actor, Door, NotPermitted, granted_by
from billing.services.storage.recent import Recent

_ALPHABET: Final = string.ascii_letters + string.digits
_SCANNER_PREFIX: Final = "abp_"  # secret scanners look for it
_PREFIX_LENGTH: Final = 8
_SECRET_LENGTH: Final = 40
_LAST_USED_INTERVAL: Final = timedelta(minutes=1)

_recent_actors: Recent[str, Actor] = Recent(seconds=1)


class KeyRefused(Exception):
    """The key is unknown, expired or revoked, or its owner is deactivated. The caller does not learn which."""


class OwnerSignInTooOld(KeyRefused):
    """The key is valid, but its owner uses single sign-on and has not signed in for SSO_MAX_AGE_DAYS."""


class UnknownKey(LookupError):
    """The actor can see no key with this prefix or id."""


class AlreadyIssued(Exception):
    """The same form was sent before, and created a key."""


def issue(
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[Permission],
    expires_after: timedelta | None = None,
    form_id: UUID | None = None,
) -> tuple[PortalKey, str]:
    """Create a key for the actor. Return its row and the key itself, which cannot be read again.

    Raise NotPermitted for a scope that the actor does not have or that no key can have. Raise AlreadyIssued for a
    `form_id` that the actor has used.
    """
    sorted_scopes = sorted(set(scopes))
    for scope in sorted_scopes:
        actor.require(scope)
        if scope not in KEY_SCOPES:
            raise NotPermitted(scope)
    prefix = _SCANNER_PREFIX + _random(_PREFIX_LENGTH)
    key = f"{prefix}_{_random(_SECRET_LENGTH)}"
    try:
        with transaction.atomic():
            row = PortalKey.objects.create(
                owner=actor.user,
                name=name,
                prefix=prefix,
                digest=_digest(key),
                scopes=[scope.value for scope in sorted_scopes],
                expires_at=None if expires_after is None else timezone.now() + expires_after,
                form_id=form_id,
            )
            detail = " ".join(sorted_scopes)
            audit.record(actor, "key.issue", audit.Outcome.SUCCEEDED, subject=prefix, detail=detail)
    except IntegrityError:
        if form_id is not None and of(actor).filter(form_id=form_id).exists():
            raise AlreadyIssued from None
        raise
    return row, key


def of(actor: Actor) -> QuerySet[PortalKey]:
    """Return the actor's own keys."""
    return PortalKey.objects.filter(owner=actor.user)


def in_display_order(keys: Iterable[PortalKey]) -> list[PortalKey]:
    """Sort keys that work before those that have ended, and the newest first."""
    return sorted(keys, key=lambda row: (row.has_ended, -row.created_at.timestamp()))


def expiring_soon(actor: Actor) -> list[PortalKey]:
    """Return the actor's keys that expire within two weeks, soonest first."""
    rows = of(actor).filter(revoked_at=None, expires_at__isnull=False).order_by("expires_at")
    return [row for row in rows if row.ends_soon]


def get(actor: Actor, key_id: int, *, owner_id: int | None = None) -> PortalKey:
    """Return a key of the actor, or with PEOPLE_MANAGE one of `owner_id`. Raise NotPermitted, UnknownKey."""
    if owner_id is not None:
        actor.require(Permission.PEOPLE_MANAGE)
    row = PortalKey.objects.filter(pk=key_id, owner_id=owner_id or actor.user.pk).first()
    if row is None:
        raise UnknownKey
    return row


def revoke(actor: Actor, key_id: int, *, owner_id: int | None = None) -> PortalKey:
    """Revoke a key immediately and permanently. Raise as `get`."""
    row = get(actor, key_id, owner_id=owner_id)
    with transaction.atomic():
        if _end(row):
            detail = "" if row.owner_id == actor.user.pk else f"of {row.owner.get_username()}"
            audit.record(actor, "key.revoke", audit.Outcome.SUCCEEDED, subject=row.prefix, detail=detail)
    return row


def revoke_as_operator(*, prefix: str) -> PortalKey:
    """Revoke anyone's key from the command line. Raise UnknownKey."""
    row = PortalKey.objects.filter(prefix=prefix).first()
    if row is None:
        raise UnknownKey(f"No portal key has the prefix {prefix}.")
    with transaction.atomic():
        if _end(row):
            audit.record_unattended("key.revoke", audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=prefix)
    return row


def authenticate(key: str, *, request_id: str, address: str | None) -> Actor:
    """Return the owner of a key, with the permissions that both the key and the owner have.

    The result stays in this process for a second. Raise KeyRefused.
    """
    digest = _digest(key)
    actor = _recent_actors.get(digest, lambda: _load_actor(digest))
    return replace(actor, request_id=request_id, address=address)


def _load_actor(digest: str) -> Actor:
    """Load the actor of a key with one query."""
    # One row for each pair of the owner's groups and identities. There are one or two of either.
    rows = list(
        PortalKey.objects.select_related("owner")
        .filter(digest=digest)
        .order_by()
        .annotate(
            owner_group=F("owner__groups__name"),
            identity=F("owner__identities"),
            signed_in_at=F("owner__identities__last_sign_in_at"),
        )
    )
    if not rows or rows[0].has_ended or not rows[0].owner.is_active:
        raise KeyRefused
    key = rows[0]
    if _is_sign_in_too_old([row.signed_in_at for row in rows if row.identity is not None]):
        raise OwnerSignInTooOld
    _record_use(key)
    scopes = KEY_SCOPES & {Permission(scope) for scope in key.scopes if scope in KEY_SCOPES}
    groups = [row.owner_group for row in rows if row.owner_group is not None]
    return Actor(
        user=key.owner,
        door=Door.API,
        permissions=granted_by(key.owner, groups) & scopes,
        key_prefix=key.prefix,
    )


def _is_sign_in_too_old(signed_in_at: list[datetime | None]) -> bool:
    """Return whether the groups of the owner may be outdated, given the last sign-in of each of their identities.

    An owner without an identity has the roles that an operator gave, so they need not sign in.
    """
    oldest = timezone.now() - timedelta(days=settings.SSO_MAX_AGE_DAYS)
    return bool(signed_in_at) and all(at is None or at < oldest for at in signed_in_at)


def _end(row: PortalKey) -> bool:
    """Return whether this call ended the key."""
    now = timezone.now()
    row.revoked_at = row.revoked_at or now
    return bool(PortalKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now))


def _record_use(key: PortalKey) -> None:
    # At most once a minute, so that most calls do not write.
    now = timezone.now()
    oldest = now - _LAST_USED_INTERVAL
    if key.last_used_at is None or key.last_used_at < oldest:
        is_due = Q(last_used_at=None) | Q(last_used_at__lt=oldest)
        PortalKey.objects.filter(is_due, pk=key.pk).update(last_used_at=now)


def _digest(key: str) -> str:
    # A fast digest without salt is enough, because keys are long and random.
    return hashlib.sha256(key.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
