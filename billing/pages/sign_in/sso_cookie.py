"""The sealed sign-in in flight: a cookie for each tab, because tabs would overwrite one another's session data."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from billing.pages.frame.cookies import full_name
from billing.services.sign_in import single_sign_on
from billing.sso.pending import LIFETIME_SECONDS

_PREFIX: Final = full_name("sso_")
# Together they stay below 8 KiB, which is what servers commonly accept as one header.
_LIMIT: Final = 8


def save(request: HttpRequest, response: HttpResponseBase, start: single_sign_on.Start) -> None:
    """Set the cookie of this sign-in, and delete those that are no longer needed."""
    for state in single_sign_on.discardable(_all(request), limit=_LIMIT - 1):
        delete(response, state)
    response.set_cookie(
        _PREFIX + start.state,
        start.envelope,
        max_age=int(LIFETIME_SECONDS),
        path=_path(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # not Strict: the provider's page redirects back here
    )


def read(request: HttpRequest, state: str) -> str:
    return request.COOKIES.get(_PREFIX + state, "")


def delete(response: HttpResponseBase, state: str) -> None:
    """Delete the cookie of this state, if the portal can have created it."""
    if state.isascii() and state.isalnum():
        response.delete_cookie(_PREFIX + state, path=_path(), samesite="Lax")


def _path() -> str:
    return "/" if settings.COOKIE_PREFIX else reverse("sso")  # the prefix allows no other path


def _all(request: HttpRequest) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX): value
        for name, value in request.COOKIES.items()
        if name.startswith(_PREFIX)
    }
