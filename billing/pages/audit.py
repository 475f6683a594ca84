"""The audit: who did what, newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from billing.pages.access import PageRequest, page
from billing.pages.actor import actor_of
from billing.pages.people_forms import AuditFilter
from billing.pages.query import query_with
from billing.roles import Permission
from billing.services import audit_trail


@page(Permission.AUDIT_READ)
def list_all(request: PageRequest) -> HttpResponse:
    """A page of entries."""
    form = AuditFilter(request.GET)
    before = request.GET.get("before", "")
    wanted = audit_trail.Wanted(
        verb=form.wanted("verb"),
        person=form.wanted("person"),
        outcome=form.wanted("outcome"),
        # Digits only, and no more of them than an id of the database has.
        before=int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None,
    )
    entries, following = audit_trail.list_all(actor_of(request), wanted)
    context = {
        "entries": entries,
        "form": form,
        "following": query_with(request, before=following) if following else "",
        "is_continued": wanted.before is not None,
    }
    return render(request, "billing/audit/list.html", context)
