"""Who may open a page. Every view has the decorator `page`, which a test checks.

@page(Permission.BILLING_READ)                  signed in, with that permission
@page(SIGNED_IN, methods=("GET", "POST"))       signed in
@page(PUBLIC)                                   everyone
@page(SUPERUSER)                                superusers
@page(..., methods=("POST",), step_up=True)     and a fresh sign-in, if the request changes something
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import wraps
from typing import Any, Final, Protocol, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from billing.failures import Failure
from billing.models import User, UserSession
from billing.pages.frame import step_up as step_up_pages
from billing.pages.frame.actor import actor_of
from billing.pages.frame.current_session import end_reason_of
from billing.pages.frame.failure_pages import method_not_allowed, show
from billing.roles import Permission
from billing.services.sign_in.sessions import EndReason


class Access(Enum):
    """A requirement that is not a permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    SUPERUSER = "superuser"


PUBLIC: Final = Access.PUBLIC
SIGNED_IN: Final = Access.SIGNED_IN
SUPERUSER: Final = Access.SUPERUSER

_READS: Final = frozenset({"GET", "HEAD"})
_SIGNED_OUT: Final = Failure(
    403,
    "permission_error",
    "signed_out",
    "You have been signed out",
    "Your session ended before the form was sent.",
    "Sign in, use your browser's Back button to return to the form, and send it again.",
)
# People know about the other reasons.
_MESSAGES: Final = {
    EndReason.IDLE: "You were signed out because you were inactive.",
    EndReason.AGE: f"You were signed out: sessions end after {settings.SESSION_MAX_HOURS:g} hours.",
    EndReason.NO_ROLE: "You were signed out: your account no longer has a role here. Ask an administrator.",
}


class PageRequest(HttpRequest):
    """A request for a page that is not public, after the decorator has checked it."""

    user: User
    user_session: UserSession
    htmx: HtmxDetails
    request_id: str


class View(Protocol):
    """A view with its requirements as attributes."""

    needs: Access | Permission
    step_up: bool
    is_background: bool

    def __call__(self, request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def page(
    needs: Access | Permission,
    methods: Sequence[str] = ("GET",),
    *,
    step_up: bool = False,
    is_background: bool = False,
) -> Callable[[Callable[..., HttpResponseBase]], View]:
    """Call the view if its method and its person are allowed.

    A person who is not signed in is redirected to the sign-in page. Raise NotPermitted, PermissionDenied. With
    `step_up`, changes wait until the sign-in is fresh. `is_background` is for requests that scripts make by themselves:
    they do not extend the session.
    """
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)

    def decorate(view: Callable[..., HttpResponseBase]) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if needs is not PUBLIC and not request.user.is_authenticated:
                return _to_sign_in(request)
            if request.method not in allowed:
                return method_not_allowed(request, sorted(allowed))
            if isinstance(needs, Permission):
                actor_of(request).require(needs)
            if needs is SUPERUSER and not actor_of(request).user.is_superuser:
                raise PermissionDenied
            if step_up and request.method not in _READS:
                to_sign_in = step_up_pages.require_fresh_sign_in(request)
                if to_sign_in is not None:
                    return to_sign_in
            response = view(request, *args, **kwargs)
            patch_vary_headers(response, ["HX-Request"])
            return response

        guarded.needs = needs  # type: ignore[attr-defined]
        guarded.step_up = step_up  # type: ignore[attr-defined]
        guarded.is_background = is_background  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    htmx = getattr(request, "htmx", None)
    if not htmx and request.method not in _READS:
        return show(request, _SIGNED_OUT)
    reason = end_reason_of(request)
    if reason in _MESSAGES:
        messages.info(request, _MESSAGES[reason])
    if htmx:
        # A redirect would put the sign-in page into the panel.
        back = htmx.current_url_abs_path or reverse("home")
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return redirect_to_login(request.get_full_path())
