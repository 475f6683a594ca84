"""Sign-in and sign-out, with the accounts kept here."""

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
from billing.pages.frame.actor import actor_for
from billing.pages.frame.failure_pages import show
from billing.pages.frame.links import safe_next
from billing.pages.sign_in.forms import SignInForm
from billing.services.sign_in import identity_provider, session_data, sessions
from billing.services.storage import connections

logger = logging.getLogger(__name__)

_LOCKED_OUT_SECONDS: Final = int(settings.AXES_COOLOFF_TIME * 3600)
_NO_ROLE: Final = Failure(
    403,
    "permission_error",
    "no_role",
    "Your account has no role here yet",
    "Name and password are right. The account has no role in this portal, so there is nothing that it could open.",
    "Ask an administrator of this portal for the role of viewer or editor.",
)


@page(PUBLIC, methods=("GET", "POST"))
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The form; a person who is signed in already goes on at once."""
    goal = safe_next(request, reverse("home"))
    if request.user.is_authenticated:
        return redirect(goal)
    if not settings.LOCAL_LOGIN:
        return _switched_off(request, goal)
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        if not sessions.admits(actor_for(request, user)):
            return show(request, _NO_ROLE)
        request.signed_in_through = "with a password"  # type: ignore[attr-defined]
        login(request, user)
        if not (settings.DEBUG or settings.DEMO):
            # Break-glass: whoever runs the portal should hear of it. Who it was stands in the audit.
            logger.warning("somebody signed in with a password (LOCAL_LOGIN is on)")
        return redirect(goal)
    status = 422 if form.errors else 200
    return render(request, "billing/sign_in/sign_in.html", {"form": form, **_way_out(goal)}, status=status)


@page(PUBLIC, methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, whoever's it is; one that came from the provider is ended there, too."""
    hint = _sign_out_hint(request)
    logout(request)  # first: the provider may be slow
    url = _address_at_the_provider(request, hint)
    if url is not None:
        messages.success(request, "You have signed out.")
        # Not a redirect: `form-action 'self'` counts for a form's redirects, too, and the provider may send on to
        # places that we do not know. Leaving from a page of ours, the policy stays as strict as it is.
        return render(request, "billing/sign_in/sign_out_on.html", {"url": url})
    if hint is not None:
        messages.warning(
            request, "You have signed out here. Your company's sign-in service may not know of it."
        )
    else:
        messages.success(request, "You have signed out.")
    return redirect("sign-in")


def locked_out(
    request: HttpRequest, response: HttpResponseBase | None = None, credentials: Any = None
) -> HttpResponse:
    """The answer to too many wrong passwords; the signature is django-axes'."""
    failure = Failure(
        429,
        "rate_limit_error",
        "locked_out",
        "Too many attempts to sign in",
        "This name was tried with a wrong password too often from where you are.",
        f"Wait {_LOCKED_OUT_SECONDS // 60} minutes, then try again.",
        changed="The account itself is untouched.",
        retry_after_seconds=_LOCKED_OUT_SECONDS,
    )
    return show(request, failure)


def _sign_out_hint(request: HttpRequest) -> str | None:
    """None unless the provider has a part in this session."""
    user = request.user
    if not isinstance(user, User) or not session_data.is_single_sign_on(request.session):
        return None
    return session_data.sign_out_hint(request.session, user)


def _address_at_the_provider(request: HttpRequest, hint: str | None) -> str | None:
    if hint is None or not identity_provider.is_on():
        return None
    connections.release_connection()
    return identity_provider.provider().end_session_url(hint, request.build_absolute_uri(reverse("sign-in")))


def _switched_off(request: HttpRequest, goal: str) -> HttpResponse:
    if request.method == "POST":
        raise Http404
    return render(request, "billing/sign_in/switched_off.html", _way_out(goal))


def _way_out(goal: str) -> dict[str, str]:
    return {"next": goal, "sso_label": settings.OIDC_LABEL if identity_provider.is_on() else ""}
