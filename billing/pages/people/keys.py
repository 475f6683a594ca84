"""My portal keys: list, issue, revoke."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.key_form import IssueKeyForm
from billing.pages.people.tables import keys_table
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.roles import Permission
from billing.services.people import keys as service


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def list_and_issue(request: PageRequest) -> HttpResponseBase:
    """One's own keys, as a file, too, and the form to make another."""
    actor = actor_of(request)
    if request.method == "POST":
        form = IssueKeyForm(actor.permissions, request.POST)
        return _issue(request, form) if form.is_valid() else _listing(request, form)
    if exports.format_of(request):
        return exports.download(request, keys_table(service.in_order(service.of(actor))))
    return _listing(request, IssueKeyForm(actor.permissions))


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def revoke(request: PageRequest, key_id: int) -> HttpResponse:
    """Asks, then ends the key."""
    actor = actor_of(request)
    try:
        key = service.revoke(actor, key_id) if request.method == "POST" else service.one_of(actor, key_id)
    except service.UnknownKey:
        raise Http404 from None
    if request.method == "POST":
        messages.success(request, f"The key “{key.name}” is revoked. It opens nothing any more.")
        return redirect("keys")
    return render(request, "billing/people/keys/revoke.html", {"key": key})


def _issue(request: PageRequest, form: IssueKeyForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        row, key = service.issue(
            actor_of(request),
            name=given["name"],
            scopes=given["scopes"],
            expires_after=given["lifetime"],
            form_id=given["form_id"],
        )
    except service.IssuedBefore:
        messages.info(
            request,
            "This form was sent twice. Its key was made once, and is not shown again: if it was not kept, "
            "revoke it and make another.",
        )
        return redirect("keys")
    # The one answer that ever holds the key. No cache keeps it, and a script takes it off the page that is left.
    return render(request, "billing/people/keys/issued.html", {"row": row, "key": key})


def _listing(request: PageRequest, form: IssueKeyForm) -> HttpResponse:
    keys = service.in_order(service.of(actor_of(request)))
    context = {"keys": keys, "form": form, "table": downloads(request, keys_table(keys))}
    return render(request, "billing/people/keys/list.html", context, status=422 if form.errors else 200)
