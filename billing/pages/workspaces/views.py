"""Workspaces: the list, and one of them."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.frame.access import PageRequest, page
from billing.pages.rendering.facts import facts_of, sent_object, undocumented_fields
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.pages.workspaces.tables import workspaces_table
from billing.roles import Permission
from billing.services.workspaces import reads as workspace_reads


@page(Permission.BILLING_READ)
def index(request: PageRequest) -> HttpResponseBase:
    """Show the workspaces that the default token can access; for htmx only the table, with `?format=` a file."""
    results = answers.read(request, "", {"all": workspace_reads.workspaces()})
    shown = answers.required(results["all"])
    table = workspaces_table(shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    template = "table" if request.htmx else "index"
    context = {"answer": shown.answer, "copy_reason": shown.copy_reason, "table": page_table(request, table)}
    return render(request, f"billing/workspaces/{template}.html", context)


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str) -> HttpResponse:
    """Show one workspace; for htmx only the panel, as the page of its billing accounts shows it."""
    reads = {"workspace": workspace_reads.workspace(workspace_id)}
    shown = answers.required(answers.read(request, workspace_id, reads)["workspace"])
    answer = shown.answer
    sent = sent_object(answer.body)
    context = {
        "answer": answer,
        "copy_reason": shown.copy_reason,
        "workspace": answer.value,
        "workspace_id": workspace_id,
        "facts": facts_of(answer.value, sent),
        "more": undocumented_fields(answer.value.extra),
    }
    template = "panel" if request.htmx else "detail"
    return render(request, f"billing/workspaces/{template}.html", context)
