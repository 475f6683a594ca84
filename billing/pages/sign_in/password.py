"""Sign-in with a password, and sign-out."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing.failures import Failure
from billing.models import User
from billing.pages.frame.access import PUBLIC, page
from billing.pages.frame.actor import origin_of
from billing.pages.frame.failure_pages import show
from billing.pages.frame.links import safe_next
from billing.pages.sign_in.forms import SignInForm
from billing.services.actor import Door, actor_for
from billing.services.sign_in import id_token_hint, identity_provider, sessions
from billing.services.storage import connections

logger = logging.getLogger(__name__)

_LOCKOUT_SECONDS: Final = int(settings.AXES_COOLOFF_TIME * 3600)
_NO_ROLE: Final = Failure(
    403,
    "permission_error",
    "no_role",
    "Your account has no role here yet",
    "Username and password are correct, but the account has no role in this portal.",
    "Ask an administrator of this portal for the role viewer or editor.",
)


@page(PUBLIC, methods=("GET", "POST"))
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Show the form and sign in. A person who is signed in already is redirected."""
    next_url = safe_next(request, reverse("home"))
    if request.user.is_authenticated:
        return redirect(next_url)
    if not settings.LOCAL_LOGIN:
        return _no_password(request, next_url)
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        if not sessions.may_sign_in(actor_for(user, Door.PAGE, origin_of(request))):
            return show(request, _NO_ROLE)
        request.signed_in_through = "with a password"  # type: ignore[attr-defined]
        login(request, user)
        if not (settings.DEBUG or settings.DEMO):
            # Passwords are for emergencies, so the operator should notice. The audit log has the name.
            logger.warning("someone signed in with a password (LOCAL_LOGIN is on)")
        return redirect(next_url)
    context = {"form": form, **_single_sign_on(next_url)}
    return render(request, "billing/sign_in/sign_in.html", context, status=422 if form.errors else 200)


@page(PUBLIC, methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session in the portal and, after single sign-on, at the provider."""
    user = request.user
    hint = id_token_hint.load(request.session, user) if isinstance(user, User) else None
    logout(request)  # first: the provider may be slow
    url = _end_session_url(request, hint)
    if url is not None:
        messages.success(request, "You have signed out.")
        # Not a redirect: `form-action 'self'` also blocks redirects after a form, and the provider may redirect to
        # hosts that we do not know. A page of ours may link anywhere, so the policy stays strict.
        return render(request, "billing/sign_in/sign_out_at_provider.html", {"url": url})
    if hint is not None:
        messages.warning(
            request, "You have signed out here. You may still be signed in at your company's sign-in service."
        )
    else:
        messages.success(request, "You have signed out.")
    return redirect("sign-in")


def locked_out(
    request: HttpRequest, response: HttpResponseBase | None = None, credentials: Any = None
) -> HttpResponse:
    """Return the page after too many wrong passwords. django-axes calls this."""
    failure = Failure(
        429,
        "rate_limit_error",
        "locked_out",
        "Too many sign-in attempts",
        "There were too many wrong passwords for this username from your network address.",
        f"Wait {_LOCKOUT_SECONDS // 60} minutes, then try again.",
        changed="The account has not been changed.",
        retry_after_seconds=_LOCKOUT_SECONDS,
    )
    return show(request, failure)


def _end_session_url(request: HttpRequest, hint: str | None) -> str | None:
    if hint is None or not identity_provider.is_enabled():
        return None
    connections.release_connection()
    return identity_provider.provider().end_session_url(hint, request.build_absolute_uri(reverse("sign-in")))


def _no_password(request: HttpRequest, next_url: str) -> HttpResponse:
    if request.method == "POST":
        raise Http404
    return render(request, "billing/sign_in/no_password.html", _single_sign_on(next_url))


def _single_sign_on(next_url: str) -> dict[str, str]:
    return {"next": next_url, "sso_label": settings.OIDC_LABEL if identity_provider.is_enabled() else ""}
