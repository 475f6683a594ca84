"""Authenticates callers by portal key or browser session. `request.auth` is their Actor.

https://www.django-rest-framework.org/api-guide/authentication/
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from django.conf import settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.api import headers
from billing.api.caller_errors import ExpiredKey, NoPerson, ProviderDown, RefusedNetwork, SignInTooOld
from billing.models import User
from billing.services.actor import Actor, Door, actor_for
from billing.services.people import key_use
from billing.services.sign_in import access_tokens
from billing.services.storage.budgets import Caller
from billing.sso.errors import AccessTokenRefused, ProviderUnavailable

# https://www.rfc-editor.org/rfc/rfc6750#section-2.1, with the alphabet of portal keys. Two headers arrive joined by a
# comma and so do not match.
_JWT: Final = re.compile(r"bearer +([a-z0-9_-]+\.[a-z0-9_-]+\.[a-z0-9_-]+)", re.IGNORECASE | re.ASCII)
_BEARER: Final = re.compile(r"bearer +([a-z0-9_]{1,128})", re.IGNORECASE | re.ASCII)


class PortalKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`, or an access token. A request with this header never falls back to a session."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """Return None without the header.

        Raise AuthenticationFailed, without saying what is wrong with the key, and for the holder of a key that was
        valid until now SignInTooOld, ExpiredKey or RefusedNetwork.
        """
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        presented = _BEARER.fullmatch(header)
        if presented is None:
            return _by_access_token(request, header)
        try:
            actor = key_use.authenticate(
                presented[1], request_id=_request_id(request), address=request.META.get("REMOTE_ADDR") or None
            )
        except key_use.OwnerSignInTooOld:
            raise SignInTooOld from None
        except key_use.KeyExpired:
            raise ExpiredKey from None
        except key_use.OutsideNetworks as error:
            raise RefusedNetwork(error.actor) from None
        except key_use.KeyRefused:
            raise AuthenticationFailed from None
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        return headers.challenge("invalid_token" if "HTTP_AUTHORIZATION" in request.META else "")


def _by_access_token(request: Request, header: str) -> tuple[User, Actor]:
    """Return the person of an access token of the identity provider, if the operator accepts these.

    Raise AuthenticationFailed, without saying what is wrong with the token, and NoPerson if it is valid.
    """
    presented = _JWT.fullmatch(header)
    if presented is None or not access_tokens.is_enabled():
        raise AuthenticationFailed
    try:
        actor = access_tokens.authenticate(
            presented[1], request_id=_request_id(request), address=request.META.get("REMOTE_ADDR") or None
        )
    except access_tokens.UnknownPerson:
        raise NoPerson from None
    except AccessTokenRefused:
        raise AuthenticationFailed from None
    except ProviderUnavailable:
        raise ProviderDown from None
    return actor.user, _limited(actor)


class BrowserSessionAuthentication(SessionAuthentication):
    """The session of a browser on the portal's own origin. Anything but a read needs a CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """Return None without a signed-in person. Raise PermissionDenied without a valid CSRF token."""
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        user = signed_in[0]
        assert isinstance(user, User)
        return user, _limited(actor_for(user, Door.API, request.origin))  # type: ignore[attr-defined]


def _limited(actor: Actor) -> Actor:
    """Return the actor with the budget of requests of the person. That of a key is its own."""
    return replace(actor, caller=Caller(f"user:{actor.user.pk}", settings.API_REQUESTS_PER_MINUTE))


def _request_id(request: Request) -> str:
    return str(getattr(request, "request_id", ""))
