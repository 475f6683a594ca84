"""Single sign-on: the redirect to the provider, its answer, and its back-channel logout."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from billing.models import User
from billing.pages.frame.access import PUBLIC, page
from billing.pages.frame.actor import origin_of
from billing.pages.frame.current_session import session_of
from billing.pages.frame.failure_pages import show
from billing.pages.frame.links import safe_next
from billing.pages.sign_in import sso_cookie, sso_failures
from billing.services.sign_in import id_token_hint, identity_provider, sessions, single_sign_on
from billing.services.sign_in.identities import AccessDenied
from billing.sso.errors import LogoutRefused, ProviderUnavailable, SignInRefused

logger = logging.getLogger(__name__)


@page(PUBLIC)
def start(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the provider. A person who is signed in already does not need it, except for a step-up."""
    _require_sso()
    next_url = safe_next(request, reverse("home"))
    session = session_of(request)
    step_up = "step_up" in request.GET and session is not None
    if session is not None and not step_up:
        return redirect(next_url)
    if session is not None and session.how != sessions.How.SSO:
        raise Http404  # signed in with a password: the provider does not know them
    callback = request.build_absolute_uri(reverse("sso-callback"))
    try:
        started = single_sign_on.start(redirect_uri=callback, next_url=next_url, step_up=step_up)
    except ProviderUnavailable as error:
        logger.warning("single sign-on is not available: %s", error)
        return show(request, sso_failures.UNAVAILABLE)
    response = redirect(started.url)
    sso_cookie.save(request, response, started)
    return response


@page(PUBLIC)
def finish(request: HttpRequest) -> HttpResponseBase:
    """Sign in with the provider's answer, or show why not. Each refusal leaves one audit row."""
    _require_sso()
    state = request.GET.get("state", "")
    signed_in = request.user if isinstance(request.user, User) else None
    try:
        finished = single_sign_on.finish(
            request.GET.dict(), sso_cookie.read(request, state), origin_of(request), signed_in
        )
    except SignInRefused as error:
        logger.warning("single sign-on refused: %s", error)
        response: HttpResponseBase = show(request, sso_failures.of_reason(error.reason))
    except AccessDenied as error:
        logger.warning("single sign-on refused: %s", error)
        if signed_in is not None and error.user == signed_in:
            request.session.flush()
            request.user = AnonymousUser()
        response = show(request, sso_failures.DENIED[error.reason])
    else:
        _sign_in(request, finished)
        response = redirect(finished.next_url)
    sso_cookie.delete(response, state)
    return response


@csrf_exempt  # the provider's server calls without a session: the token's signature is the proof
@page(PUBLIC, methods=("POST",))
def back_channel_logout(request: HttpRequest) -> HttpResponse:
    """Answer as https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse requires."""
    _require_sso()
    try:
        single_sign_on.back_channel_logout(request.POST.get("logout_token", ""), origin_of(request))
    except LogoutRefused as error:
        logger.warning("back-channel logout refused: %s", error)
        code = "temporarily_unavailable" if error.can_retry else "invalid_request"
        body = {"error": code, "error_description": str(error)}
        return JsonResponse(body, status=503 if error.can_retry else 400)
    return HttpResponse(status=200)


def _sign_in(request: HttpRequest, finished: single_sign_on.Finish) -> None:
    user, claims = finished.identity.user, finished.claims
    at = datetime.fromtimestamp(claims.auth_time, UTC) if claims.auth_time else None
    sign_in = sessions.SignIn(sessions.How.SSO, finished.identity, claims.sid, at)
    session = session_of(request)
    if finished.is_step_up and session is not None:
        request.session.cycle_key()
        assert request.session.session_key is not None
        sessions.renew(session, request.session.session_key, sign_in, origin_of(request))
    else:
        request.signed_in_through = "single sign-on"  # type: ignore[attr-defined]
        request.sign_in = sign_in  # type: ignore[attr-defined]
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    id_token_hint.save(request.session, user, claims.id_token)


def _require_sso() -> None:
    if not identity_provider.is_enabled():
        raise Http404
