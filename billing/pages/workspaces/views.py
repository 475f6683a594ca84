"""Workspaces: list, retrieve."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering.facts import facts_of, sent_object, undocumented_fields
from billing.pages.tables import answers, exports, listing
from billing.pages.workspaces.tables import workspaces_table
from billing.roles import Permission
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Read


@page(Permission.BILLING_READ)
def list_all(request: PageRequest) -> HttpResponseBase:
    """Every workspace that the default token sees; for htmx the table alone, with `?format=` as a file."""
    results = concurrent.read(actor_of(request), "", {"all": Read(LIST_WORKSPACES)})
    shown = answers.needed(request, results["all"])
    table = workspaces_table(shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    template = "table" if request.htmx else "list"
    context = {"answer": shown.answer, "why_kept": shown.why, "table": listing.shown(request, table)}
    return render(request, f"billing/workspaces/{template}.html", context)


@page(Permission.BILLING_READ)
def retrieve(request: PageRequest, workspace_id: str) -> HttpResponse:
    """One workspace; for htmx the panel alone, as the page of its billing accounts shows it."""
    reads = {"workspace": Read(RETRIEVE_WORKSPACE, {"workspaceId": workspace_id})}
    shown = answers.needed(request, concurrent.read(actor_of(request), workspace_id, reads)["workspace"])
    answer = shown.answer
    sent = sent_object(answer.body)
    context = {
        "answer": answer,
        "why_kept": shown.why,
        "workspace": answer.value,
        "workspace_id": workspace_id,
        "facts": facts_of(answer.value, sent),
        "more": undocumented_fields(answer.value.extra),
    }
    template = "panel" if request.htmx else "retrieve"
    return render(request, f"billing/workspaces/{template}.html", context)
