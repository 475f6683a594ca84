"""Recognizes portal keys. Only this makes an Actor of a key instead of taking one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from billing.models import PortalKey, User
from billing.roles import KEY_SCOPES, Permission
from billing.services.actor import Actor, Door, Lack, granted_by, is_masked
from billing.services.people import networks
from billing.services.storage import statements
from billing.services.storage.budgets import Caller
from billing.services.storage.recent import Recent

_LAST_USED_INTERVAL: Final = timedelta(minutes=1)
# One row for each pair of the owner's groups and identities. There are one or two of either.
_WITH_OWNER: Final = """
    JOIN billing_user ON billing_user.id = billing_portalkey.owner_id
    LEFT JOIN billing_user_groups ON billing_user_groups.user_id = billing_user.id
    LEFT JOIN auth_group ON auth_group.id = billing_user_groups.group_id
    LEFT JOIN billing_identity ON billing_identity.user_id = billing_user.id
    WHERE billing_portalkey.digest = %s
"""
_GROUP_AND_IDENTITY: Final = "auth_group.name, billing_identity.id, billing_identity.last_sign_in_at"


class KeyRefused(Exception):
    """The key is unknown or revoked, or its owner is deactivated. The caller does not learn which."""


class OwnerSignInTooOld(KeyRefused):
    """The key is valid, but its owner uses single sign-on and has not signed in for SSO_MAX_AGE_DAYS."""


class KeyExpired(KeyRefused):
    """The caller has the right key, but it has expired."""


class OutsideNetworks(Exception):
    """The key is valid, but may not be used from the address of the caller."""

    def __init__(self, actor: Actor) -> None:
        super().__init__("outside the networks of the key")
        self.actor = actor


@dataclass(frozen=True, slots=True)
class _Recognized:
    """A valid key: its actor, and the networks from which it may be used."""

    actor: Actor
    networks: tuple[networks.Network, ...]

    def may_be_used_from(self, address: str | None) -> bool:
        return not self.networks or networks.contains(self.networks, address)


_recent: Recent[str, _Recognized] = Recent(seconds=1)


def authenticate(key: str, *, request_id: str, address: str | None) -> Actor:
    """Return the owner of a key, with the permissions that both the key and the owner have.

    The result stays in this process for a second. Raise KeyRefused, OutsideNetworks.
    """
    digest = digest_of(key)
    found = _recent.get(digest, lambda: _load(digest, address))
    caller = Caller(found.actor.key_prefix, settings.API_REQUESTS_PER_MINUTE)
    actor = found.actor.in_request(request_id, address, caller)
    if found.networks and not found.may_be_used_from(address):
        raise OutsideNetworks(actor)
    return actor


def digest_of(key: str) -> str:
    """Return the digest that is stored. It is fast and has no salt, because keys are long and random."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_sign_in_too_old(signed_in_at: Iterable[datetime | None]) -> bool:
    """Return whether the groups of a person may be outdated, given the last sign-in of each of their identities.

    A person without an identity has the roles that an operator gave, so they need not sign in.
    """
    moments = list(signed_in_at)
    oldest = timezone.now() - timedelta(days=settings.SSO_MAX_AGE_DAYS)
    return bool(moments) and all(at is None or at < oldest for at in moments)


def _load(digest: str, address: str | None) -> _Recognized:
    """Load a key and its owner with one query."""
    found = statements.rows_of(
        PortalKey, _WITH_OWNER, [digest], f"{statements.columns(User)}, {_GROUP_AND_IDENTITY}"
    )
    if not found:
        raise KeyRefused
    key = statements.instance_of(PortalKey, found[0])
    key.owner = statements.instance_of(User, found[0][statements.count_columns(PortalKey) :])
    if key.revoked_at is not None or not key.owner.is_active:
        raise KeyRefused
    if key.has_ended:
        raise KeyExpired
    signed_in_at = [row[-1] for row in found if row[-2] is not None]
    if is_sign_in_too_old(None if at is None else statements.moment_in(at) for at in signed_in_at):
        raise OwnerSignInTooOld
    names = [row[-3] for row in found if row[-3] is not None]
    granted = granted_by(key.owner, names)
    actor = Actor(
        user=key.owner,
        door=Door.API,
        permissions=granted & _scopes(key),
        key_prefix=key.prefix,
        is_masked=is_masked(key.owner, names),
        lacks=_lacks(key, granted),
    )
    recognized = _Recognized(actor, networks.parse(key.networks))
    if recognized.may_be_used_from(address):
        _record_use(key, address)
    return recognized


def _scopes(key: PortalKey) -> frozenset[Permission]:
    scopes = KEY_SCOPES & {Permission(scope) for scope in key.scopes if scope in KEY_SCOPES}
    return scopes & {Permission.BILLING_READ} if key.is_read_only else scopes


def _lacks(key: PortalKey, granted: frozenset[Permission]) -> Mapping[Permission, Lack]:
    """Return why the key lacks each of the scopes that keys can have."""
    missing = KEY_SCOPES - (granted & _scopes(key))
    return {scope: _lack(key, scope, granted) for scope in missing}


def _lack(key: PortalKey, scope: Permission, granted: frozenset[Permission]) -> Lack:
    if scope not in key.scopes:
        return Lack.SCOPE
    return Lack.READ_ONLY if scope in granted else Lack.ROLE


def _record_use(key: PortalKey, address: str | None) -> None:
    # At most once a minute, so that most calls do not write.
    now = timezone.now()
    oldest = now - _LAST_USED_INTERVAL
    if key.last_used_at is None or key.last_used_at < oldest:
        is_due = Q(last_used_at=None) | Q(last_used_at__lt=oldest)
        PortalKey.objects.filter(is_due, pk=key.pk).update(last_used_at=now, last_used_address=address)
