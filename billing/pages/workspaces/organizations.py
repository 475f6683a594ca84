"""The organizations of a workspace: the tree, one of them, their usage as files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.operations.organizations import (
    LIST_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
    RETRIEVE_ORGANIZATION_LIMITS,
)
from billing.altostrat.operations.workspaces import RETRIEVE_WORKSPACE
from billing.altostrat.resources.organizations import Organization
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering.facts import facts_of, sent_object, undocumented_fields
from billing.pages.tables import answers, exports, listing
from billing.pages.tables.csv_file import made_harmless
from billing.pages.workspaces.tables import organizations_table
from billing.roles import Permission
from billing.services import audit
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Read
from billing.services.workspaces import usage_export
from billing.services.workspaces.organization_tree import Node, in_order, meters, used_together


@page(Permission.BILLING_READ)
def list_all(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """The tree, with usage and limits; for htmx the panel alone, as the workspace's page shows it."""
    path = {"workspaceId": workspace_id}
    reads: dict[str, Read[Any]] = {
        "organizations": Read(LIST_ORGANIZATIONS, path),
        "workspace": Read(RETRIEVE_WORKSPACE, path),
    }
    results = concurrent.read(actor_of(request), workspace_id, reads)
    shown, workspace = answers.needed(request, results["organizations"]), answers.wanted(results["workspace"])
    table = organizations_table(workspace_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    rows: tuple[Organization, ...] = shown.answer.value.items
    context: dict[str, Any] = {
        "table": listing.shown(request, table),
        "workspace_id": workspace_id,
        "workspace": workspace.value if workspace else None,
        "answer": shown.answer,
        "why_kept": shown.why,
        "rows": [(node, meters(node.organization), _billed_to(node, rows)) for node in in_order(rows)],
        "together": used_together(rows),
    }
    template = "panel" if request.htmx else "list"
    return render(request, f"billing/workspaces/organizations/{template}.html", context)


@page(Permission.BILLING_READ)
def retrieve(request: PageRequest, workspace_id: str, organization_id: str) -> HttpResponseBase:
    """One organization with its limits, and its place in the tree, if those can be had."""
    path = {"workspaceId": workspace_id}
    own = {**path, "organizationId": organization_id}
    reads: dict[str, Read[Any]] = {
        "organization": Read(RETRIEVE_ORGANIZATION, own),
        "limits": Read(RETRIEVE_ORGANIZATION_LIMITS, own),
        "all": Read(LIST_ORGANIZATIONS, path),
    }
    results = concurrent.read(actor_of(request), workspace_id, reads)
    shown = answers.needed(request, results["organization"])
    limits, everyone = answers.wanted(results["limits"]), answers.wanted(results["all"])
    organization: Organization = shown.answer.value
    rows: tuple[Organization, ...] = everyone.value.items if everyone else ()
    nodes = in_order(rows)
    node = next((one for one in nodes if one.organization.id == organization_id), None)
    context: dict[str, Any] = {
        "workspace_id": workspace_id,
        "organization_id": organization_id,
        "organization": organization,
        "answer": shown.answer,
        "why_kept": shown.why,
        "facts": facts_of(organization, sent_object(shown.answer.body)),
        "limits": limits.value if limits else None,
        "limits_answer": limits,
        "meters": meters(organization),
        "parent": node.parent if node else None,
        "billed_to": _billed_to(node, rows) if node else "",
        "descendants": _below(node, nodes) if node else (),
        "knows_tree": everyone is not None,
        "more": undocumented_fields(organization.extra),
    }
    return render(request, "billing/workspaces/organizations/retrieve.html", context)


@page(Permission.BILLING_READ)
def usage_file(request: PageRequest, workspace_id: str, ending: str) -> HttpResponse:
    """Altostrat's own file, never shown as a page: a PDF as it came, CSV without what a spreadsheet would run."""
    is_pdf = ending == "pdf"
    if is_pdf:
        body = usage_export.usage_pdf(actor_of(request), workspace_id=workspace_id)
    else:
        body = made_harmless(usage_export.usage_rows(actor_of(request), workspace_id=workspace_id))
    name = f"organization-usage-{workspace_id}.{ending}"
    if request.method == "GET":
        actor = actor_of(request)
        audit.record(actor, "list.download", audit.Outcome.SUCCEEDED, subject=name, workspace_id=workspace_id)
    response = HttpResponse(body, content_type="application/pdf" if is_pdf else "text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _billed_to(node: Node, rows: tuple[Organization, ...]) -> str:
    """The account of the organization, or of the nearest above it that names one; nothing when none does."""
    named, seen = {one.id: one for one in rows}, set[str]()
    one: Organization | None = node.organization
    while one is not None and (one.id or "") not in seen:
        if one.billing_account_id:
            return one.billing_account_id
        seen.add(one.id or "")
        one = named.get(one.parent_org_id) if one.parent_org_id else None
    return ""


def _below(node: Node, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """What stands under one of the nodes, which are in order; depths are counted from there."""
    start = nodes.index(node) + 1
    end = next((i for i in range(start, len(nodes)) if nodes[i].depth <= node.depth), len(nodes))
    return tuple(replace(one, depth=one.depth - node.depth - 1) for one in nodes[start:end])
