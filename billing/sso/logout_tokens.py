"""Checks on logout tokens. Authlib has none. joserfc checks signature, issuer, audience and times, the rest is here.

https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt

from billing.sso.checks import MAX_TOKEN_LENGTH, refusing, require_type
from billing.sso.claims import string_in
from billing.sso.errors import LogoutRefused
from billing.sso.keys import ProviderKeys

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
# `logout+jwt` is recommended. Older providers write `JWT` or nothing.
_TYPES: Final = {"logout+jwt", "application/logout+jwt", "jwt"}
_MAX_LIFETIME_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class LogoutClaims:
    """A request to end the sessions of `subject`, or of the person with the session `sid`. At least one is set."""

    issuer: str
    token_id: str
    subject: str
    sid: str
    expires_at: float


def checked(
    logout_token: str,
    *,
    keys: ProviderKeys,
    issuer: str,
    client_id: str,
    leeway_seconds: int,
) -> LogoutClaims:
    """Return the claims of a valid token. The caller checks whether it was used before.

    Raise LogoutRefused, and requests.RequestException if there are no keys.
    """
    if not logout_token or len(logout_token) > MAX_TOKEN_LENGTH:
        raise LogoutRefused("no token")
    registry = jwt.JWTClaimsRegistry(
        leeway=leeway_seconds,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    with refusing(LogoutRefused):
        token = keys.decode(logout_token)
        registry.validate(token.claims)
    return _claims(token.header, token.claims, issuer)


def _claims(header: Mapping[str, Any], claims: Mapping[str, Any], issuer: str) -> LogoutClaims:
    require_type(header, _TYPES, LogoutRefused, default="JWT")
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise LogoutRefused("claim events")
    if "nonce" in claims:  # it is an id_token
        raise LogoutRefused("claim nonce")
    if claims["exp"] > time.time() + _MAX_LIFETIME_SECONDS:
        raise LogoutRefused("claim exp")  # its id has to be remembered until then
    for name in ("sub", "sid"):
        if name in claims and not string_in(claims, name):
            raise LogoutRefused(f"claim {name}")
    if "sub" not in claims and "sid" not in claims:
        raise LogoutRefused("claim sub")
    return LogoutClaims(
        issuer, claims["jti"], string_in(claims, "sub"), string_in(claims, "sid"), float(claims["exp"])
    )
