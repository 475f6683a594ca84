"""Portal keys: issue, revoke, recognise. The one verb that makes an Actor instead of taking it is `recognise`."""

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
_MARK: Final = "abp_"  # a fixed beginning, so that secret scanners can find a key that got away
_PREFIX_LENGTH: Final = 8
_SECRET_LENGTH: Final = 40
_LAST_USED_STEP: Final = timedelta(minutes=1)

_recent_actors: Recent[str, Actor] = Recent(seconds=1)


class KeyRefused(Exception):
    """No such key, or one that expired, was revoked, or whose owner is gone. One error: a guesser learns nothing."""


class OwnerSignInTooOld(KeyRefused):
    """The key is good. Its owner comes by single sign-on and has not for SSO_MAX_AGE_DAYS: their groups may be old."""


class UnknownKey(LookupError):
    """No key that the actor may touch has this prefix or id."""


class IssuedBefore(Exception):
    """A key was made from this form already: it arrived twice."""


def issue(
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[Permission],
    expires_after: timedelta | None = None,
    form_id: UUID | None = None,
) -> tuple[PortalKey, str]:
    """A new key for the actor: its row, and the key itself, which cannot be read again.

    Raises NotPermitted for a scope that the actor does not hold, or no key can carry; IssuedBefore for a `form_id`
    that the actor has used.
    """
    wanted = sorted(set(scopes))
    for scope in wanted:
        actor.require(scope)
        if scope not in KEY_SCOPES:
            raise NotPermitted(scope)
    prefix = _MARK + _random(_PREFIX_LENGTH)
    key = f"{prefix}_{_random(_SECRET_LENGTH)}"
    try:
        with transaction.atomic():
            row = PortalKey.objects.create(
                owner=actor.user,
                name=name,
                prefix=prefix,
                digest=_digest(key),
                scopes=[scope.value for scope in wanted],
                expires_at=None if expires_after is None else timezone.now() + expires_after,
                form_id=form_id,
            )
            audit.record(actor, "key.issue", audit.Outcome.SUCCEEDED, subject=prefix, detail=" ".join(wanted))
    except IntegrityError:
        if form_id is not None and of(actor).filter(form_id=form_id).exists():
            raise IssuedBefore from None
        raise
    return row, key


def of(actor: Actor) -> QuerySet[PortalKey]:
    """The actor's own keys."""
    return PortalKey.objects.filter(owner=actor.user)


def in_order(keys: Iterable[PortalKey]) -> list[PortalKey]:
    """Those that work first; among them, and among the others, the newest first."""
    return sorted(keys, key=lambda row: (row.has_ended, -row.created_at.timestamp()))


def ending_soon(actor: Actor) -> list[PortalKey]:
    """The actor's keys that expire within two weeks, the next one first."""
    rows = of(actor).filter(revoked_at=None, expires_at__isnull=False).order_by("expires_at")
    return [row for row in rows if row.ends_soon]


def one_of(actor: Actor, key_id: int, *, owner_id: int | None = None) -> PortalKey:
    """One of the actor's own keys, or for who manages people one of `owner_id`'s. Raises NotPermitted, UnknownKey."""
    if owner_id is not None:
        actor.require(Permission.PEOPLE_MANAGE)
    row = PortalKey.objects.filter(pk=key_id, owner_id=owner_id or actor.user.pk).first()
    if row is None:
        raise UnknownKey
    return row


def revoke(actor: Actor, key_id: int, *, owner_id: int | None = None) -> PortalKey:
    """Ends a key at once, for good. Revoking twice changes nothing. Raises as `one_of`."""
    row = one_of(actor, key_id, owner_id=owner_id)
    with transaction.atomic():
        if _end(row):
            detail = "" if row.owner_id == actor.user.pk else f"of {row.owner.get_username()}"
            audit.record(actor, "key.revoke", audit.Outcome.SUCCEEDED, subject=row.prefix, detail=detail)
    return row


def revoke_as_operator(*, prefix: str) -> PortalKey:
    """The same on the word of whoever has the command line. Raises UnknownKey."""
    row = PortalKey.objects.filter(prefix=prefix).first()
    if row is None:
        raise UnknownKey(f"No portal key has the prefix {prefix}.")
    with transaction.atomic():
        if _end(row):
            audit.record_unattended("key.revoke", audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=prefix)
    return row


def recognise(key: str, *, request_id: str, address: str | None) -> Actor:
    """The actor behind a key: its owner, with what key and owner both allow.

    The answer stays in this process for a second. Raises KeyRefused, of which OwnerSignInTooOld is the one that says
    what is wrong: only a good key gets so far.
    """
    digest = _digest(key)
    actor = _recent_actors.get(digest, lambda: _load_actor(digest))
    return replace(actor, request_id=request_id, address=address)


def _load_actor(digest: str) -> Actor:
    """The actor of a key, in one query."""
    # A row for each pair of the owner's groups and identities: there are one or two of either.
    rows = (
        PortalKey.objects.select_related("owner")
        .filter(digest=digest)
        .order_by()
        .annotate(
            owner_group=F("owner__groups__name"),
            identity=F("owner__identities"),
            signed_in_at=F("owner__identities__last_sign_in_at"),
        )
    )
    found = list(rows)
    if not found or found[0].has_ended or not found[0].owner.is_active:
        raise KeyRefused
    row = found[0]
    if _must_sign_in_again([each.signed_in_at for each in found if each.identity is not None]):
        raise OwnerSignInTooOld
    _note_use(row)
    scopes = KEY_SCOPES & {Permission(scope) for scope in row.scopes if scope in KEY_SCOPES}
    groups = [each.owner_group for each in found if each.owner_group is not None]
    return Actor(
        user=row.owner,
        door=Door.API,
        permissions=granted_by(row.owner, groups) & scopes,
        key_prefix=row.prefix,
    )


def _must_sign_in_again(signed_in_at: list[datetime | None]) -> bool:
    """`signed_in_at` is when the owner last came by, for each of their identities: their groups were read then.

    An owner without an identity has the roles that an operator gave, and need not come.
    """
    oldest = timezone.now() - timedelta(days=settings.SSO_MAX_AGE_DAYS)
    return bool(signed_in_at) and all(at is None or at < oldest for at in signed_in_at)


def _end(row: PortalKey) -> bool:
    """Whether this call is the one that ended it."""
    now = timezone.now()
    row.revoked_at = row.revoked_at or now
    return bool(PortalKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now))


def _note_use(row: PortalKey) -> None:
    # At most one write a minute and key: a busy key must not turn every read into a write.
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _LAST_USED_STEP)
    if row.last_used_at is None or row.last_used_at < now - _LAST_USED_STEP:
        PortalKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _digest(key: str) -> str:
    # Keys are random and long: a plain digest cannot be guessed back, and costs nothing per call.
    return hashlib.sha256(key.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
