"""Validates access tokens of the provider. joserfc checks signature, issuer, audience and times, the rest is here.

https://www.rfc-editor.org/rfc/rfc9068#section-4
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt

from billing.sso.checks import MAX_TOKEN_LENGTH, refusing, require_type
from billing.sso.claims import groups_in, string_in
from billing.sso.config import SsoConfig
from billing.sso.errors import AccessTokenRefused
from billing.sso.keys import ProviderKeys

_TYPES: Final = {"at+jwt", "application/at+jwt"}


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Whom a program acts for, and which program it is. `issued_at` is in seconds since 1970."""

    issuer: str
    subject: str
    client_id: str
    groups: frozenset[str]
    issued_at: float


def checked(
    access_token: str, keys: ProviderKeys, config: SsoConfig, *, audience: str, leeway_seconds: int
) -> AccessClaims:
    """Return the claims of a valid token.

    Raise AccessTokenRefused, and requests.RequestException if there are no keys.
    """
    if len(access_token) > MAX_TOKEN_LENGTH:
        raise AccessTokenRefused("too long")
    registry = jwt.JWTClaimsRegistry(
        leeway=leeway_seconds,
        iss={"essential": True, "value": config.issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        client_id={"essential": True},
    )
    with refusing(AccessTokenRefused):
        token = keys.decode(access_token)
        # An ID token or a logout token of the same provider is not an access token.
        require_type(token.header, _TYPES, AccessTokenRefused)
        registry.validate(token.claims)
    return _claims(token.claims, config)


def _claims(claims: Mapping[str, Any], config: SsoConfig) -> AccessClaims:
    for name in ("sub", "client_id"):
        if not string_in(claims, name):
            raise AccessTokenRefused(f"claim {name}")
    groups, _ = groups_in(claims, config.groups_claim)
    return AccessClaims(
        issuer=config.issuer,
        subject=string_in(claims, "sub"),
        client_id=string_in(claims, "client_id"),
        groups=groups,
        issued_at=float(claims["iat"]),
    )
