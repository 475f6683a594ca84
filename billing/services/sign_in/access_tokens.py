"""Recognizes access tokens of the identity provider, with which programs call the API for a person."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from django.conf import settings

from billing.models import Identity
from billing.roles import KEY_SCOPES
from billing.services.actor import Actor, Door
from billing.services.sign_in.identity_provider import granted_by_groups, is_masked_with_groups, provider
from billing.services.storage import connections
from billing.services.storage.recent import Recent
from billing.sso.errors import AccessTokenRefused

_PREFIX: Final = "at:"
# The column of the audit log has 20 characters.
_SHORT: Final = re.compile(r"[!-~]{1,17}")
_OTHER: Final = re.compile(r"[^!-~]")


class UnknownPerson(Exception):
    """The token is valid, but its person has never signed in to the portal."""


_recent_actors: Recent[str, Actor] = Recent(seconds=1)


def is_enabled() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_API_AUDIENCE)


def authenticate(token: str, *, request_id: str, address: str | None) -> Actor:
    """Return the person of a token, with the permissions that its groups give.

    The result stays in this process for a second. Raise AccessTokenRefused, UnknownPerson, ProviderUnavailable.
    """
    digest = hashlib.sha256(token.encode()).hexdigest()
    actor = _recent_actors.get(digest, lambda: _load_actor(token))
    return replace(actor, request_id=request_id, address=address)


def _load_actor(token: str) -> Actor:
    connections.release_connection()
    claims = provider().access_claims(token, settings.OIDC_API_AUDIENCE)
    identities = Identity.objects.select_related("user").filter(issuer=claims.issuer)
    identity = identities.filter(subject=claims.subject).first()
    if identity is None:
        raise UnknownPerson
    user = identity.user
    if not user.is_active:
        raise AccessTokenRefused("deactivated person")
    # As a sign-in that started before the sessions of the person were ended.
    if user.has_ended_sessions_of(claims.issued_at):
        raise AccessTokenRefused("sessions were ended meanwhile")
    return Actor(
        user=user,
        door=Door.API,
        permissions=granted_by_groups(user, claims.groups) & KEY_SCOPES,
        key_prefix=_name_of(claims.client_id),
        is_masked=is_masked_with_groups(user, claims.groups),
    )


def _name_of(client_id: str) -> str:
    """Return the name of a program in the audit log: its client ID or, if it is long, its start and a digest."""
    if _SHORT.fullmatch(client_id):
        return f"{_PREFIX}{client_id}"
    digest = hashlib.sha256(client_id.encode()).hexdigest()
    return f"{_PREFIX}{_OTHER.sub('_', client_id)[:10]}~{digest[:6]}"
