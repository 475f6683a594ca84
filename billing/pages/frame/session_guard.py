"""Before anything else is done for a browser: does its session still count?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from billing.models import User, UserSession
from billing.services.sign_in import sessions


class SessionGuardMiddleware:
    """Makes the request of a session that is over nobody's: pages, the API and the admin alike.

    Sets `request.user_session`, or `request.signed_out_because`. A view marked `is_background` does not count as use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        session_key = request.session.session_key
        if session_key is not None and SESSION_KEY in request.session:
            _check(request, session_key)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *rest: Any) -> None:
        """Only here is it known what is asked for."""
        row = session_of(request)
        if row is not None and not getattr(view, "is_background", False):
            sessions.touch(row)


def session_of(request: HttpRequest) -> UserSession | None:
    """The session of whoever is signed in."""
    row = getattr(request, "user_session", None)
    return row if isinstance(row, UserSession) else None


def why_signed_out(request: HttpRequest) -> sessions.Over | None:
    """Why this request came signed in and is nobody's now."""
    why = getattr(request, "signed_out_because", None)
    return why if isinstance(why, sessions.Over) else None


def _check(request: HttpRequest, session_key: str) -> None:
    user = request.user
    try:
        row = sessions.check(session_key, user if isinstance(user, User) else None)
    except sessions.SessionOver as over:
        if over.row is not None:
            sessions.close(
                over.row,
                over.why,
                request_id=getattr(request, "request_id", ""),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        request.session.flush()
        request.user = AnonymousUser()
        request.signed_out_because = over.why  # type: ignore[attr-defined]
    else:
        request.user_session = row  # type: ignore[attr-defined]
