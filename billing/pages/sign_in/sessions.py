"""My sessions: where I am signed in, and ending that."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.services.sign_in import sessions as service


@page(SIGNED_IN)
def list_all(request: PageRequest) -> HttpResponse:
    """One's own sessions, this one first."""
    here = request.user_session
    others = service.list_of(actor_of(request)).exclude(pk=here.pk)
    return render(request, "billing/sign_in/sessions.html", {"sessions": [here, *others], "here": here})


@page(SIGNED_IN, methods=("POST",))
def end(request: PageRequest, session_id: int) -> HttpResponse:
    """Ends one. One's own of this browser ends by signing out."""
    try:
        row = service.end(actor_of(request), session_id)
    except service.UnknownSession:
        raise Http404 from None
    if row.pk != request.user_session.pk:
        messages.success(request, f"The session on {row.device} has ended.")
    return redirect("sessions")


@page(SIGNED_IN, methods=("POST",))
def end_others(request: PageRequest) -> HttpResponse:
    """Leaves only the one of this browser."""
    count = service.end_others(actor_of(request), request.user_session)
    ended = f"{count} other session{'s have' if count > 1 else ' has'} ended."
    messages.success(request, ended if count else "You were signed in nowhere else.")
    return redirect("sessions")
