"""Single sign-on: the way to the provider, what its answer leads to, and its word that somebody has left."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from billing.failures import Failure, Remedy
from billing.models import User
from billing.pages.frame.access import PUBLIC, page
from billing.pages.frame.actor import origin_of
from billing.pages.frame.failure_pages import show
from billing.pages.frame.links import safe_next
from billing.pages.frame.session_guard import session_of
from billing.pages.sign_in import sso_cookie
from billing.services.sign_in import identity_provider, session_data, sessions, single_sign_on
from billing.services.sign_in.identities import NotAdmitted, Obstacle
from billing.services.sign_in.single_sign_on import Arrival
from billing.sso.errors import LogoutRefused, ProviderUnavailable, Reason, SignInRefused

logger = logging.getLogger(__name__)

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
_REASONS: Final = {
    # Not to be tried again as it is: the code in this address is used up.
    Reason.UNAVAILABLE: replace(_UNAVAILABLE, remedy=Remedy.NONE),
    Reason.NOT_FRESH: replace(
        _REFUSED,
        code="sso_not_fresh",
        title="You were not asked to sign in again",
        what_failed="Your company's sign-in service does not say that it asked you, which is needed here.",
        what_to_do="Sign out and in again. If it happens once more, give the request id below to the people who run "
        "this portal.",
    ),
    Reason.ANOTHER_PERSON: replace(
        _REFUSED,
        code="sso_another_person",
        title="That was somebody else's account",
        what_failed="You are signed in here as one person, and signed in again at your company as another.",
        what_to_do="Try again with the account that you are signed in with here, or sign out first.",
    ),
}
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
    Obstacle.ENDED_MEANWHILE: Failure(
        403,
        "permission_error",
        "sso_ended",
        "You were signed out meanwhile",
        "Your sessions were ended while you were on your way in.",
        "Sign in once more.",
    ),
}


@page(PUBLIC)
def start(request: HttpRequest) -> HttpResponseBase:
    """To the provider. A person who is signed in already goes on at once, unless they shall prove it anew (step_up)."""
    _must_be_on()
    goal = safe_next(request, reverse("home"))
    step_up = "step_up" in request.GET and request.user.is_authenticated
    if step_up and not session_data.is_single_sign_on(request.session):
        raise Http404  # signed in with a password: the provider knows nothing of them
    if request.user.is_authenticated and not step_up:
        return redirect(goal)
    callback = request.build_absolute_uri(reverse("sso-callback"))
    try:
        departure = single_sign_on.leave(redirect_uri=callback, goal=goal, step_up=step_up)
    except ProviderUnavailable as error:
        logger.warning("single sign-on is not available: %s", error)
        return show(request, _UNAVAILABLE)
    response = redirect(departure.url)
    sso_cookie.leave(request, response, departure)
    return response


@page(PUBLIC)
def finish(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider: a new session, or a page that says why not. Each refusal leaves one audit row."""
    _must_be_on()
    state = request.GET.get("state", "")
    signed_in = request.user if isinstance(request.user, User) else None
    try:
        arrival = single_sign_on.arrive(
            request.GET.dict(), sso_cookie.read(request, state), origin_of(request), signed_in
        )
    except SignInRefused as error:
        logger.warning("single sign-on refused: %s", error)
        response: HttpResponseBase = show(request, _REASONS.get(error.reason, _REFUSED))
    except NotAdmitted as error:
        if signed_in is not None and error.user == signed_in:
            request.session.flush()
            request.user = AnonymousUser()
        response = show(request, _OBSTACLES[error.obstacle])
    else:
        _sign_in(request, arrival)
        response = redirect(arrival.goal)
    sso_cookie.forget(response, state)
    return response


@csrf_exempt  # the provider's server calls, with no session of anybody: the token's signature is what counts
@page(PUBLIC, methods=("POST",))
def back_channel_logout(request: HttpRequest) -> HttpResponse:
    """https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse"""
    _must_be_on()
    try:
        single_sign_on.end_at_the_providers_word(request.POST.get("logout_token", ""), origin_of(request))
    except LogoutRefused as error:
        logger.warning("back-channel logout refused: %s", error)
        told = {"error": "temporarily_unavailable" if error.is_ours else "invalid_request"}
        return JsonResponse({**told, "error_description": str(error)}, status=503 if error.is_ours else 400)
    return HttpResponse(status=200)


def _sign_in(request: HttpRequest, arrival: Arrival) -> None:
    sign_in = _told(arrival)
    if arrival.is_step_up:
        request.session.cycle_key()
        assert request.session.session_key is not None
        sessions.begin(
            arrival.user,
            request.session.session_key,
            sign_in,
            replaces=session_of(request),
            address=request.META.get("REMOTE_ADDR") or None,
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
        )
    else:
        request.signed_in_through = "single sign-on"  # type: ignore[attr-defined]
        request.sign_in = sign_in  # type: ignore[attr-defined]
        login(request, arrival.user, backend="django.contrib.auth.backends.ModelBackend")
    session_data.note_single_sign_on(request.session, arrival.user, arrival.claims)


def _told(arrival: Arrival) -> sessions.SignIn:
    claims = arrival.claims
    at = datetime.fromtimestamp(claims.auth_time, UTC) if claims.auth_time else None
    return sessions.SignIn(sessions.How.SSO, claims.issuer, claims.subject, claims.sid or "", at)


def _must_be_on() -> None:
    if not identity_provider.is_on():
        raise Http404
