"""Portal keys: issue, change, revoke. `key_use` recognizes them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from billing.models import PortalKey, User
from billing.roles import KEY_SCOPES, Permission
from billing.services import audit
from billing.services.actor import Actor, Door, NotPermitted
from billing.services.people.key_use import digest_of
from billing.services.people.networks import Network, parse

_ALPHABET: Final = string.ascii_letters + string.digits
_SCANNER_PREFIX: Final = "abp_"  # secret scanners look for it
_PREFIX_LENGTH: Final = 8
_SECRET_LENGTH: Final = 40


class UnknownKey(LookupError):
    """The actor can see no key with this prefix or id."""


class AlreadyIssued(Exception):
    """The same form was sent before, and created a key."""


class KeyEnded(Exception):
    """The key was revoked or has expired, so it cannot be changed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What restricts a key besides its scopes. Without networks, every address may use it."""

    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    is_read_only: bool = False

    def described(self) -> str:
        """Return the limits for the audit log."""
        networks = " ".join(map(str, self.networks)) or "any network"
        expiry = "never expires" if self.expires_at is None else f"expires {self.expires_at:%Y-%m-%d}"
        return f"{expiry}, {networks}{', read-only' if self.is_read_only else ''}"


NO_LIMITS: Final = Limits()


def issue(
    actor: Actor,
    *,
    name: str,
    scopes: Iterable[Permission],
    limits: Limits = NO_LIMITS,
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
                digest=digest_of(key),
                scopes=[scope.value for scope in sorted_scopes],
                form_id=form_id,
                **_columns(limits),
            )
            detail = f"{' '.join(sorted_scopes)}; {limits.described()}"
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
    """Return a key of the actor, or with PEOPLE_MANAGE one of `owner_id`. Raise NotPermitted, UnknownKey.

    Only superusers may use that of a superuser.
    """
    if owner_id is not None:
        actor.require(Permission.PEOPLE_MANAGE)
    rows = PortalKey.objects.select_related("owner")
    row = rows.filter(pk=key_id, owner_id=owner_id or actor.user.pk).first()
    if row is None:
        raise UnknownKey
    if row.owner.is_superuser and not actor.user.is_superuser:
        raise NotPermitted(Permission.PEOPLE_MANAGE)
    return row


def change(
    actor: Actor, key_id: int, limits: Limits, *, owner_id: int | None = None, reason: str = ""
) -> PortalKey:
    """Replace the limits of a key. They apply immediately. Raise as `get`, and KeyEnded."""
    row = get(actor, key_id, owner_id=owner_id)
    with transaction.atomic():
        if _change(row, limits):
            of_owner = "" if row.owner_id == actor.user.pk else f" of {row.owner.audit_name}"
            detail = f"{limits.described()}{of_owner}"
            succeeded = audit.Outcome.SUCCEEDED
            audit.record(actor, "key.change", succeeded, subject=row.prefix, detail=detail, reason=reason)
    return row


def change_as_operator(prefix: str, limits: Limits) -> PortalKey:
    """Replace the limits of anyone's key from the command line. Raise UnknownKey, KeyEnded."""
    row = with_prefix(prefix)
    with transaction.atomic():
        if _change(row, limits):
            audit.record_unattended(
                "key.change",
                audit.Outcome.SUCCEEDED,
                door=Door.COMMAND,
                subject=prefix,
                detail=limits.described(),
            )
    return row


def limits_of(row: PortalKey) -> Limits:
    """Return the current limits of a key."""
    return Limits(row.expires_at, parse(row.networks), row.is_read_only)


def revoke(actor: Actor, key_id: int, *, owner_id: int | None = None, reason: str = "") -> PortalKey:
    """Revoke a key immediately and permanently. Raise as `get`."""
    row = get(actor, key_id, owner_id=owner_id)
    with transaction.atomic():
        if _end(row):
            _record_revocation(actor, row, reason)
    return row


def revoke_all(actor: Actor, owner: User, reason: str) -> int:
    """Revoke all keys of a person, and return how many worked until now. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    with transaction.atomic():
        rows = PortalKey.objects.filter(owner=owner, revoked_at=None).order_by("pk")
        ended = [row for row in rows if not row.has_ended and _end(row)]
        for row in ended:
            _record_revocation(actor, row, reason)
    return len(ended)


def _record_revocation(actor: Actor, row: PortalKey, reason: str) -> None:
    detail = "" if row.owner_id == actor.user.pk else f"of {row.owner.audit_name}"
    succeeded = audit.Outcome.SUCCEEDED
    audit.record(actor, "key.revoke", succeeded, subject=row.prefix, detail=detail, reason=reason)


def revoke_as_operator(*, prefix: str) -> PortalKey:
    """Revoke anyone's key from the command line. Raise UnknownKey."""
    row = with_prefix(prefix)
    with transaction.atomic():
        if _end(row):
            audit.record_unattended("key.revoke", audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=prefix)
    return row


def with_prefix(prefix: str) -> PortalKey:
    """Return anyone's key. Raise UnknownKey."""
    row = PortalKey.objects.filter(prefix=prefix).first()
    if row is None:
        raise UnknownKey(f"No portal key has the prefix {prefix}.")
    return row


def _columns(limits: Limits) -> dict[str, Any]:
    return {
        "expires_at": limits.expires_at,
        "networks": [str(network) for network in limits.networks],
        "is_read_only": limits.is_read_only,
    }


def _change(row: PortalKey, limits: Limits) -> bool:
    """Return whether this call changed the key."""
    if row.has_ended:
        raise KeyEnded
    columns = _columns(limits)
    if all(getattr(row, name) == value for name, value in columns.items()):
        return False
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=[*columns])
    return True


def _end(row: PortalKey) -> bool:
    """Return whether this call ended the key."""
    now = timezone.now()
    row.revoked_at = row.revoked_at or now
    return bool(PortalKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
