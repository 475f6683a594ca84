"""The organizations of a workspace: the tree, one of them, their usage as files."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.resources.organizations import Organization
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering.facts import facts_of, sent_object, undocumented_fields
from billing.pages.tables import answers, exports
from billing.pages.tables.csv_file import escape_rows
from billing.pages.tables.download import Download
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.pages.workspaces.tables import organizations_table
from billing.roles import Permission
from billing.services import audit
from billing.services.reads import Read
from billing.services.workspaces import reads as workspace_reads
from billing.services.workspaces import usage_export
from billing.services.workspaces.organization_tree import Node, in_order, meters, total_usage
from billing.services.workspaces.payers import account_of


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """Show the tree, with usage and limits; for htmx only the panel, as the workspace's page shows it."""
    reads: dict[str, Read[Any]] = {
        "all": workspace_reads.organizations(workspace_id),
        "workspace": workspace_reads.workspace(workspace_id),
    }
    results = answers.read(request, workspace_id, reads)
    shown = answers.required(results["all"])
    workspace = answers.optional(results["workspace"], shown)
    table = organizations_table(workspace_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    rows: tuple[Organization, ...] = shown.answer.value.items
    by_id, page_obj = {one.id: one for one in rows}, page_of(request, in_order(rows))
    context: dict[str, Any] = {
        "table": downloads(request, table),
        "page_obj": page_obj,
        "workspace_id": workspace_id,
        "workspace": workspace.value if workspace else None,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "rows": [
            (node, meters(node.organization), account_of(node.organization, by_id) or "") for node in page_obj
        ],
        "total": total_usage(rows),
    }
    template = "panel" if request.htmx else "index"
    return render(request, f"billing/workspaces/organizations/{template}.html", context)


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, organization_id: str) -> HttpResponseBase:
    """Show one organization, and if available its limits and its position in the tree."""
    reads: dict[str, Read[Any]] = {
        "organization": workspace_reads.organization(workspace_id, organization_id),
        "limits": workspace_reads.organization_limits(workspace_id, organization_id),
        "all": workspace_reads.organizations(workspace_id),
    }
    results = answers.read(request, workspace_id, reads)
    shown = answers.required(results["organization"])
    limits, tree = (answers.optional(results[name], shown) for name in ("limits", "all"))
    organization: Organization = shown.answer.value
    rows: tuple[Organization, ...] = tree.value.items if tree else ()
    nodes = in_order(rows)
    node = next((one for one in nodes if one.organization.id == organization_id), None)
    context: dict[str, Any] = {
        "workspace_id": workspace_id,
        "organization_id": organization_id,
        "organization": organization,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "facts": facts_of(organization, sent_object(shown.answer.body)),
        "limits": limits.value if limits else None,
        "limits_answer": limits,
        "meters": meters(organization),
        "parent": node.parent if node else None,
        "billed_to": (account_of(node.organization, {one.id: one for one in rows}) or "") if node else "",
        "descendants": _descendants(node, nodes) if node else (),
        "knows_tree": tree is not None,
        "more": undocumented_fields(organization.extra),
    }
    return render(request, "billing/workspaces/organizations/detail.html", context)


@page(Permission.BILLING_READ)
def usage_file(request: PageRequest, workspace_id: str, ending: str) -> HttpResponseBase:
    """Return Altostrat's own file as a download.

    The PDF is unchanged; the CSV is without cells that a spreadsheet would execute.
    """
    actor = actor_of(request)
    if ending == "pdf":
        file = usage_export.usage_pdf(actor, workspace_id=workspace_id)
        download = Download(file, file)
    else:
        file, rows = usage_export.usage_csv(actor, workspace_id=workspace_id)
        download = Download(file, escape_rows(rows))
    name = f"organization-usage-{workspace_id}.{ending}"
    with ExitStack() as held:
        held.callback(download.close)
        response = download.response(
            "application/pdf" if ending == "pdf" else "text/csv; charset=utf-8", request
        )
        if request.method == "GET":
            succeeded = audit.Outcome.SUCCEEDED
            audit.record(actor, "list.download", succeeded, subject=name, workspace_id=workspace_id)
        held.pop_all()
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _descendants(node: Node, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the descendants of one node, from nodes in order. Depths are relative to that node."""
    start = nodes.index(node) + 1
    end = next((i for i in range(start, len(nodes)) if nodes[i].depth <= node.depth), len(nodes))
    return tuple(replace(one, depth=one.depth - node.depth - 1) for one in nodes[start:end])
