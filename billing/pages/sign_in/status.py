"""The state of the session for the script on each page: its person, its remaining time, and its CSRF token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render

from billing.pages.frame.access import PUBLIC, SIGNED_IN, PageRequest, page
from billing.pages.frame.current_session import session_of
from billing.services.sign_in import session_limits, sessions


@page(PUBLIC, methods=("GET", "POST"), is_background=True)
def status(request: HttpRequest) -> JsonResponse:
    """Extend the session on POST, not on GET. If the session has ended, the answer has no data."""
    session = session_of(request)
    if session is None:
        return JsonResponse({"person": "", "ends_in_seconds": 0, "can_be_prolonged": False, "csrf_token": ""})
    if request.method == "POST":
        sessions.touch(session, immediately=True)
    return JsonResponse(
        {
            "person": str(session.user_id),
            "ends_in_seconds": session_limits.seconds_left(session),
            "can_be_prolonged": session_limits.can_be_prolonged(session),
            "csrf_token": get_token(request),
        }
    )


@page(SIGNED_IN)
def signed_in_again(request: PageRequest) -> HttpResponse:
    """Show the last page of a sign-in in a second window, which the session dialog of the first one opened."""
    return render(request, "billing/sign_in/signed_in_again.html")
