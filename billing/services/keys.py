"""Portal keys: issue, revoke, recognise. The one verb that makes an Actor instead of taking it is `recognise`."""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing.models import PortalKey
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor, Door, granted_to

_ALPHABET: Final = string.ascii_letters + string.digits
_MARK: Final = "abp_"  # a fixed beginning, so that secret scanners can find a key that got away
_PREFIX_LENGTH: Final = 8
_SECRET_LENGTH: Final = 40
_LAST_USED_STEP: Final = timedelta(minutes=1)


class KeyRefused(Exception):
    """No such key, or one that expired, was revoked, or whose owner is gone. One error: a guesser learns nothing."""


class UnknownKey(LookupError):
    """No key has this prefix."""


def issue(
    actor: Actor, *, name: str, scopes: Iterable[Permission], expires_after: timedelta | None = None
) -> tuple[PortalKey, str]:
    """A new key for the actor: its row, and the key itself, which cannot be read again.

    Raises NotPermitted for a scope that the actor does not hold.
    """
    wanted = sorted(set(scopes))
    for scope in wanted:
        actor.require(scope)
    prefix = _MARK + _random(_PREFIX_LENGTH)
    key = f"{prefix}_{_random(_SECRET_LENGTH)}"
    with transaction.atomic():
        row = PortalKey.objects.create(
            owner=actor.user,
            name=name,
            prefix=prefix,
            digest=_digest(key),
            scopes=[scope.value for scope in wanted],
            expires_at=None if expires_after is None else timezone.now() + expires_after,
        )
        audit.record(actor, "key.issue", audit.Outcome.SUCCEEDED, subject=prefix, detail=" ".join(wanted))
    return row, key


def revoke(*, prefix: str) -> PortalKey:
    """Ends a key at once, for good, on the operator's word. Revoking twice changes nothing. Raises UnknownKey."""
    with transaction.atomic():
        row = PortalKey.objects.select_for_update().filter(prefix=prefix).first()
        if row is None:
            raise UnknownKey(f"No portal key has the prefix {prefix}.")
        if row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save(update_fields=["revoked_at"])
            audit.record_unattended("key.revoke", audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=prefix)
    return row


def recognise(key: str, *, request_id: str, address: str | None) -> Actor:
    """The actor behind a presented key: its owner, with what key and owner both allow now. Raises KeyRefused."""
    row = PortalKey.objects.select_related("owner").filter(digest=_digest(key)).first()
    if row is None or not _alive(row):
        raise KeyRefused
    _note_use(row)
    scopes = {Permission(scope) for scope in row.scopes if scope in set(Permission)}
    return Actor(
        user=row.owner,
        door=Door.API,
        permissions=granted_to(row.owner) & scopes,
        request_id=request_id,
        address=address,
        key_prefix=row.prefix,
    )


def _alive(row: PortalKey) -> bool:
    in_time = row.expires_at is None or row.expires_at > timezone.now()
    return in_time and row.revoked_at is None and row.owner.is_active


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
