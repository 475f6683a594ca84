"""My sessions: list, end one, end all others."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.tables.paging import page_of
from billing.services.sign_in import sessions as service


@page(SIGNED_IN)
def index(request: PageRequest) -> HttpResponse:
    """List the person's sessions, this one first."""
    current = request.user_session
    others = service.open_sessions(actor_of(request)).exclude(pk=current.pk)
    context = {"page_obj": page_of(request, [current, *others]), "current": current}
    return render(request, "billing/sign_in/sessions.html", context)


@page(SIGNED_IN, methods=("POST",))
def end(request: PageRequest, session_id: int) -> HttpResponse:
    try:
        session = service.end(actor_of(request), session_id)
    except service.UnknownSession:
        raise Http404 from None
    if session.pk != request.user_session.pk:
        messages.success(request, f"The session on {session.device} has ended.")
    return redirect("sessions")


@page(SIGNED_IN, methods=("POST",))
def end_others(request: PageRequest) -> HttpResponse:
    """End all sessions except this one."""
    count = service.end_others(actor_of(request), request.user_session)
    ended = f"{count} other session{'s have' if count > 1 else ' has'} ended."
    messages.success(request, ended if count else "You have no other sessions.")
    return redirect("sessions")
