"""Single sign-on: the way to the provider, and what its answer leads to."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from billing.failures import Failure, Remedy
from billing.pages.access import PUBLIC, page
from billing.pages.failure_pages import show
from billing.pages.redirects import safe_next
from billing.services import identities, identity_provider
from billing.services.identities import NotAdmitted, Obstacle, Origin
from billing.sso.errors import ProviderUnavailable, Reason, SignInRefused

logger = logging.getLogger(__name__)

SIGN_OUT_HINT: Final = "sso_sign_out_hint"

_UNAVAILABLE: Final = Failure(
    503,
    "api_error",
    "sso_unavailable",
    "The sign-in service does not answer",
    "Your company's sign-in service could not be reached, or its answer could not be used.",
    "Try again in a minute. Whoever is signed in stays so.",
    remedy=Remedy.RETRY,
)
_REFUSED: Final = Failure(
    403,
    "permission_error",
    "sso_refused",
    "You are not signed in",
    "The answer of your company's sign-in service was not accepted: it was incomplete, too old, or used before.",
    "Sign in once more. If it happens again, give the request id below to the people who run this portal.",
)
_OBSTACLES: Final = {
    Obstacle.NO_ROLE: Failure(
        403,
        "permission_error",
        "sso_no_role",
        "Your account has no role here",
        "Your company account is in order; none of its groups gives a role in this portal.",
        "Ask an administrator of this portal which group you need, and the people who keep your company's groups "
        "to add you. Then sign in again.",
    ),
    Obstacle.DEACTIVATED: Failure(
        403,
        "permission_error",
        "sso_deactivated",
        "Your account is switched off here",
        "Your company account is in order; an administrator of this portal has switched off your account here.",
        "Ask an administrator of this portal to switch it on again.",
    ),
}


@page(PUBLIC)
def start(request: HttpRequest) -> HttpResponseBase:
    """To the provider; a person who is signed in already goes on at once."""
    _must_be_on()
    goal = safe_next(request, reverse("home"))
    if request.user.is_authenticated:
        return redirect(goal)
    callback = request.build_absolute_uri(reverse("sso-callback"))
    try:
        return redirect(identity_provider.provider().authorization_url(request, callback, goal))
    except ProviderUnavailable as error:
        logger.warning("single sign-on is not available: %s", error)
        return show(request, _UNAVAILABLE)


@page(PUBLIC)
def finish(request: HttpRequest) -> HttpResponse:
    """Back from the provider: a new session, or a page that says why not. Each refusal leaves one audit row."""
    _must_be_on()
    origin = Origin(getattr(request, "request_id", ""), request.META.get("REMOTE_ADDR") or None)
    try:
        claims = identity_provider.provider().redeem(request)
        user = identities.admit(claims, origin)
    except SignInRefused as error:
        identities.record_refusal(str(error), origin)
        logger.warning("single sign-on refused: %s", error)
        return show(request, _told(error))
    except NotAdmitted as error:
        identities.record_refusal(str(error), origin, error.user)
        return show(request, _OBSTACLES[error.obstacle])
    request.signed_in_through = "single sign-on"  # type: ignore[attr-defined]
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[SIGN_OUT_HINT] = identities.seal_id_token(user, claims.id_token)
    return redirect(claims.goal)


def _told(error: SignInRefused) -> Failure:
    # Not to be tried again as it is: the code in this address is used up.
    if error.reason is Reason.UNAVAILABLE:
        return replace(_UNAVAILABLE, remedy=Remedy.NONE)
    return _REFUSED


def _must_be_on() -> None:
    if not identity_provider.is_on():
        raise Http404
