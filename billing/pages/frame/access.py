"""What a page needs: the one decorator that every view here carries, as a test checks.

@page(Permission.BILLING_READ)                  signed in, with that permission
@page(SIGNED_IN, methods=("GET", "POST"))       signed in
@page(PUBLIC)                                   anybody
@page(..., methods=("POST",), step_up=True)     and, for what is not a read, a sign-in of a few minutes ago
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import wraps
from typing import Any, Final, Protocol, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from billing.failures import Failure
from billing.models import User, UserSession
from billing.pages.frame import step_up as renewal
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import method_not_allowed, show
from billing.pages.frame.session_guard import why_signed_out
from billing.roles import Permission
from billing.services.sign_in.sessions import Over


class Access(Enum):
    """A need that is no permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


PUBLIC: Final = Access.PUBLIC
SIGNED_IN: Final = Access.SIGNED_IN

_READS: Final = frozenset({"GET", "HEAD"})
_SIGNED_OUT: Final = Failure(
    403,
    "permission_error",
    "signed_out",
    "You are not signed in any more",
    "Your session ended before this form arrived, so it was not read.",
    "Sign in, then send it again: your browser's way back leads to the form.",
)
# What a person is told who comes back too late. Of the other reasons they know.
_TOLD: Final = {
    Over.IDLE: "You were signed out, since nothing was done here for a while.",
    Over.AGE: f"You were signed out: a sign-in lasts {settings.SESSION_MAX_HOURS:g} hours and no longer.",
    Over.NO_ROLE: "Your account has no role in this portal any more. Ask an administrator of this portal.",
}


class PageRequest(HttpRequest):
    """A request that has passed the decorator of a page that is not public."""

    user: User
    user_session: UserSession
    htmx: HtmxDetails
    request_id: str


class View(Protocol):
    """A page, with its need written on it."""

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
    """Lets a request through to the view when its method and its person fit.

    Nobody signed in: the way to the sign-in page, and back. A permission missing: raises NotPermitted. With `step_up`,
    what is not a read waits until the sign-in is fresh. `is_background` is what no person asked for: it keeps no
    session alive.
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
            if step_up and request.method not in _READS:
                detour = renewal.detour(request)
                if detour is not None:
                    return detour
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
    why = why_signed_out(request)
    if why in _TOLD:
        messages.info(request, _TOLD[why])
    if htmx:
        # The browser would put the sign-in page into the panel: htmx is told to leave the page instead.
        back = htmx.current_url_abs_path or reverse("home")
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return redirect_to_login(request.get_full_path())
