"""What a logout token must be before it ends anything. Authlib has nothing for these; joserfc, on which it stands,
checks signature, issuer, audience and times.

https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from billing.sso.claims import text_in
from billing.sso.errors import LogoutRefused

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
# `logout+jwt` is recommended. Providers older than that recommendation write `JWT`, or nothing.
_TYPES: Final = {"logout+jwt", "application/logout+jwt", "jwt"}
_LONGEST_LIFE_SECONDS: Final = 24 * 3600
_LONGEST_TOKEN: Final = 16_384


@dataclass(frozen=True, slots=True)
class LogoutClaims:
    """Ends the sessions of `subject`, or of whoever has the session `sid`. Not both are empty."""

    issuer: str
    token_id: str
    subject: str
    sid: str
    expires_at: float


def checked_logout(
    logout_token: str,
    *,
    keys: Callable[..., Any],
    issuer: str,
    client_id: str,
    algorithms: Sequence[str],
    leeway_seconds: int,
) -> LogoutClaims:
    """What a token says that can be believed. `keys(force=True)` asks the provider for its keys anew.

    Raises LogoutRefused, and what `keys` raises. Whether the token was seen before is the caller's to check.
    """
    if not logout_token or len(logout_token) > _LONGEST_TOKEN:
        raise LogoutRefused("no token")
    registry = jwt.JWTClaimsRegistry(
        leeway=leeway_seconds,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        token = _decoded(logout_token, keys, JWSRegistry(algorithms=[*algorithms], strict_check_header=False))
        registry.validate(token.claims)
    except ClaimError as error:
        raise LogoutRefused(f"claim {error.claim}") from None
    except JoseError as error:
        raise LogoutRefused(error.error) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise LogoutRefused("misshapen") from None
    return _claims(token.header, token.claims, issuer)


def _decoded(logout_token: str, keys: Callable[..., Any], registry: JWSRegistry) -> jwt.Token:
    try:
        return jwt.decode(logout_token, KeySet.import_key_set(keys()), registry=registry)
    except InvalidKeyIdError:
        return jwt.decode(logout_token, KeySet.import_key_set(keys(force=True)), registry=registry)


def _claims(header: Mapping[str, Any], said: Mapping[str, Any], issuer: str) -> LogoutClaims:
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise LogoutRefused("another kind of token")
    events = said.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise LogoutRefused("claim events")
    if "nonce" in said:  # an id_token in disguise
        raise LogoutRefused("claim nonce")
    if said["exp"] > time.time() + _LONGEST_LIFE_SECONDS:
        raise LogoutRefused("claim exp")  # we would have to remember it for as long
    for name in ("sub", "sid"):
        if name in said and not text_in(said, name):
            raise LogoutRefused(f"claim {name}")
    if "sub" not in said and "sid" not in said:
        raise LogoutRefused("claim sub")
    return LogoutClaims(issuer, said["jti"], text_in(said, "sub"), text_in(said, "sid"), float(said["exp"]))
