"""Workspaces: list, retrieve."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages import exports, listing
from billing.pages.access import PageRequest, page
from billing.pages.account_tables import workspaces_table
from billing.pages.actor import actor_of
from billing.pages.facts import facts_of, more_of, sent_in
from billing.roles import Permission
from billing.services import workspaces


@page(Permission.BILLING_READ)
def list_all(request: PageRequest) -> HttpResponseBase:
    """Every workspace that the default token sees; for htmx the table alone, with `?format=` as a file."""
    answer = workspaces.list_all(actor_of(request))
    table = workspaces_table(answer)
    if exports.format_of(request):
        return exports.download(request, table)
    template = "table" if request.htmx else "list"
    context = {"answer": answer, "table": listing.shown(request, table)}
    return render(request, f"billing/workspaces/{template}.html", context)


@page(Permission.BILLING_READ)
def retrieve(request: PageRequest, workspace_id: str) -> HttpResponse:
    """One workspace; for htmx the panel alone, as the page of its billing accounts shows it."""
    answer = workspaces.retrieve(actor_of(request), workspace_id=workspace_id)
    sent = sent_in(answer.body)
    context = {
        "answer": answer,
        "workspace": answer.value,
        "workspace_id": workspace_id,
        "facts": facts_of(answer.value, sent),
        "more": more_of(answer.value.extra),
    }
    template = "panel" if request.htmx else "retrieve"
    return render(request, f"billing/workspaces/{template}.html", context)
