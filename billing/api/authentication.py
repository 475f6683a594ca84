"""Who calls: a portal key, or a signed-in browser. Either way `request.auth` is the Actor.

https://www.django-rest-framework.org/api-guide/authentication/#custom-authentication
"""

from __future__ import annotations

from typing import Final

from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from billing.models import User
from billing.services import keys
from billing.services.actor import Actor, Door, granted_to

_REFUSED: Final = "The portal key is missing, malformed, unknown, expired or revoked."


class PortalKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <portal key>`. Every way of being wrong gets the same answer: a guesser learns nothing."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """None without the header, so that a session may speak; a wrong header is never overlooked."""
        header = get_authorization_header(request)
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        scheme, _, key = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(_REFUSED)
        try:
            actor = keys.recognise(
                key.strip(),
                request_id=request_id_of(request),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        except keys.KeyRefused:
            raise AuthenticationFailed(_REFUSED) from None
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401: https://www.rfc-editor.org/rfc/rfc6750#section-3"""
        return 'Bearer realm="altostrat-billing-portal"'


class BrowserSessionAuthentication(SessionAuthentication):
    """A signed-in session of the pages, with Django's protection against forged requests for whatever changes something."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:  # type: ignore[override]
        """None for a visitor who has not signed in."""
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        assert isinstance(user, User)
        address = request.META.get("REMOTE_ADDR") or None
        return user, Actor(user, Door.API, granted_to(user), request_id_of(request), address)


def request_id_of(request: Request) -> str:
    """The id that portal.middleware gave this request."""
    return str(getattr(request._request, "request_id", ""))
