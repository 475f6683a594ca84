"""What the pages' script asks about the session: how long it lasts, whose it is, and with which CSRF token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render

from billing.pages.frame.access import PUBLIC, SIGNED_IN, PageRequest, page
from billing.pages.frame.session_guard import session_of
from billing.services.sign_in import session_limits, sessions


@page(PUBLIC, methods=("GET", "POST"), is_background=True)
def show_or_prolong(request: HttpRequest) -> JsonResponse:
    """GET only tells, and is no use of the session; POST is. Of a session that is over it tells no more than that."""
    row = session_of(request)
    if row is None:
        return JsonResponse({"person": "", "ends_in_seconds": 0, "can_be_prolonged": False, "csrf_token": ""})
    if request.method == "POST":
        sessions.touch(row, at_once=True)
    return JsonResponse(
        {
            "person": str(row.user_id),
            "ends_in_seconds": session_limits.seconds_left(row),
            "can_be_prolonged": session_limits.can_be_prolonged(row),
            "csrf_token": get_token(request),
        }
    )


@page(SIGNED_IN)
def back(request: PageRequest) -> HttpResponse:
    """Where a sign-in ends that was made in a window of its own, for the sake of forms in others."""
    return render(request, "billing/sign_in/back.html")
