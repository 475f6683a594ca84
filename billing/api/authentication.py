"""Who is calling: the holder of a portal key, or a browser that is signed in. `request.auth` is their Actor.

https://www.django-rest-framework.org/api-guide/authentication/
"""

from __future__ import annotations

import re
from typing import Final

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.api.errors import SignInTooOld
from billing.models import User
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys

REALM: Final = "altostrat-billing-portal"
# https://www.rfc-editor.org/rfc/rfc6750#section-2.1, with the alphabet of our keys. Two such headers arrive joined by a
# comma, and so match as little as anything else.
_BEARER: Final = re.compile(r"bearer +([a-z0-9_]{1,128})", re.IGNORECASE | re.ASCII)


class PortalKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`. Whoever sends that header is judged by it alone, signed in or not."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """None without the header. Raises AuthenticationFailed, the same whatever is wrong with the key; SignInTooOld
        when nothing is wrong with it but its owner's absence."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        presented = _BEARER.fullmatch(header)
        if presented is None:
            raise AuthenticationFailed
        try:
            actor = keys.recognise(
                presented[1], request_id=_request_id(request), address=request.META.get("REMOTE_ADDR") or None
            )
        except keys.OwnerSignInTooOld:
            raise SignInTooOld from None
        except keys.KeyRefused:
            raise AuthenticationFailed from None
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 says in WWW-Authenticate."""
        return f'Bearer realm="{REALM}"'


class BrowserSessionAuthentication(SessionAuthentication):
    """A session of the pages, read from the portal's own origin; what is not a read needs a CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """None when nobody is signed in. Raises PermissionDenied without a valid CSRF token."""
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        user = signed_in[0]
        assert isinstance(user, User)
        actor = Actor(
            user=user,
            door=Door.API,
            permissions=granted_to(user),
            request_id=_request_id(request),
            address=request.META.get("REMOTE_ADDR") or None,
        )
        return user, actor


def _request_id(request: Request) -> str:
    return str(getattr(request, "request_id", ""))
