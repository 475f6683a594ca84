"""The sealed note of a sign-in under way: a cookie for each tab, as tabs would overwrite one another's session."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from billing.services.sign_in import single_sign_on
from billing.services.sign_in.single_sign_on import Departure
from billing.sso.pending import KEEP_SECONDS

_PREFIX: Final = "sso_"
# Together they stay below the 8 KiB that servers commonly take as one header.
_AT_MOST: Final = 8


def leave(request: HttpRequest, response: HttpResponseBase, departure: Departure) -> None:
    """One more; those that are of no use any more go."""
    for state in single_sign_on.surplus(_all(request), at_most=_AT_MOST - 1):
        forget(response, state)
    response.set_cookie(
        _PREFIX + departure.state,
        departure.envelope,
        max_age=int(KEEP_SECONDS),
        path=reverse("sso"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # not Strict: the provider's page leads back here
    )


def read(request: HttpRequest, state: str) -> str:
    """What this browser had left with under that state, or nothing."""
    return request.COOKIES.get(_PREFIX + state, "")


def forget(response: HttpResponseBase, state: str) -> None:
    """It has served. Nothing happens for a state that no cookie of ours can have."""
    if state.isascii() and state.isalnum():
        response.delete_cookie(_PREFIX + state, path=reverse("sso"), samesite="Lax")


def _all(request: HttpRequest) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX): value
        for name, value in request.COOKIES.items()
        if name.startswith(_PREFIX)
    }
