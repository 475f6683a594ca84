"""The follow-up of a billing account. Its URL is `follow-up/`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.pages.follow_ups.forms import AssigneeForm, PromiseForm, SnoozeForm
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services.billing_accounts import access
from billing.services.follow_ups import store
from billing.services.follow_ups.prepare import OpenInvoices, open_invoices


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the forms. POST with `action` records one of them; none of them is sent to Altostrat."""
    ids = (workspace_id, billing_account_id)
    actor = actor_of(request)
    action = request.POST.get("action", "")
    if action == "withdraw":
        store.set_promise(actor, ids, None)
        return _done(request, ids, "Promise withdrawn.")
    if action == "wake":
        store.set_snooze(actor, ids, None)
        return _done(request, ids, "The account is back in the work queues.")
    if action == "snooze":
        snooze = SnoozeForm(request.POST)
        if not snooze.is_valid():
            return _show(request, ids, snooze=snooze)
        store.set_snooze(actor, ids, snooze.cleaned_data["until"], snooze.cleaned_data["reason"])
        return _done(request, ids, "Account snoozed.")
    if action == "assign":
        assignee = AssigneeForm(request.POST)
        if not assignee.is_valid():
            return _show(request, ids, assignee=assignee)
        store.assign(actor, ids, assignee.person_id)
        return _done(request, ids, "Assignee saved.")
    if action == "promise":
        promise = PromiseForm(_open_invoices(request, ids), request.POST)
        if not promise.is_valid():
            return _show(request, ids, promise=promise)
        store.set_promise(actor, ids, promise.promise)
        return _done(request, ids, "Promise recorded.")
    return _show(request, ids)


def _open_invoices(request: PageRequest, ids: tuple[str, str]) -> OpenInvoices:
    return open_invoices(actor_of(request), ids, zone=timezone.get_current_timezone(), now=timezone.now())


def _done(request: PageRequest, ids: tuple[str, str], message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect(reverse("billing-account", args=ids) + "#notes")


def _show(request: PageRequest, ids: tuple[str, str], **forms: Any) -> HttpResponse:
    actor = actor_of(request)
    access.require_account(actor, *ids)
    found = _open_invoices(request, ids)
    follow_up = store.of_account(actor, *ids)
    context = {
        "workspace_id": ids[0],
        "billing_account_id": ids[1],
        "follow_up": follow_up,
        "owed": found.owed,
        "is_complete": found.is_complete,
        "invoices": len(found.invoices),
        "promise": PromiseForm(found),
        "snooze": SnoozeForm(),
        "assignee": AssigneeForm(initial={"assignee": follow_up.assignee_id or ""}),
        **forms,
    }
    return render(
        request, "billing/follow_ups/detail.html", context, status=422 if request.method == "POST" else 200
    )
