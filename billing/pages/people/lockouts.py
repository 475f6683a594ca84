"""Lockouts after too many wrong passwords: the list, and lifting one with a reason."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.forms import ReasonForm
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.sign_in import lockouts as service


@page(Permission.PEOPLE_MANAGE)
def index(request: PageRequest) -> HttpResponse:
    """List who is locked out."""
    context = {
        "page_obj": page_of(request, service.current(actor_of(request))),
        "limit": settings.AXES_FAILURE_LIMIT,
        "minutes": round(settings.AXES_COOLOFF_TIME * 60),
    }
    return render(request, "billing/people/lockouts/index.html", context)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def lift(request: PageRequest, lockout_id: int) -> HttpResponse:
    """Ask for a reason, then lift the lockout."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    try:
        row = service.get(actor_of(request), lockout_id)
        if form.is_valid():
            service.lift(actor_of(request), lockout_id, form.cleaned_data["reason"])
    except service.UnknownLockout:
        raise Http404 from None
    if form.is_valid():
        assert row.user is not None
        messages.success(request, f"{row.user.display_name} can enter their password again.")
        return redirect("lockouts")
    context = {"lockout": row, "form": form}
    return render(request, "billing/people/lockouts/lift.html", context, status=422 if form.errors else 200)
