"""The members of a workspace."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.frame.access import PageRequest, page
from billing.pages.rendering.facts import undocumented_fields
from billing.pages.tables import answers, exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.pages.workspaces.tables import members_table
from billing.roles import Permission
from billing.services.changes.kinds.members import add_blocked_reason, remove_blocked_reason
from billing.services.workspaces import reads as workspace_reads


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """Show the members, by id; for htmx only the panel, as the workspace's page shows it."""
    reads = {"all": workspace_reads.members(workspace_id)}
    shown = answers.required(answers.read(request, workspace_id, reads)["all"])
    table = members_table(workspace_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    members = shown.answer.value.items
    # A list that was cut off may have more owners.
    owners = 2 if shown.answer.value.has_more else sum(member.role == "owner" for member in members)
    page_obj = page_of(request, members)
    context: dict[str, Any] = {
        "table": downloads(request, table),
        "page_obj": page_obj,
        "workspace_id": workspace_id,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "members": [
            (member, undocumented_fields(member.extra), remove_blocked_reason(member.role, owners))
            for member in page_obj
        ],
        "add_blocked_reason": add_blocked_reason(len(members)),
    }
    template = "panel" if request.htmx else "index"
    return render(request, f"billing/workspaces/members/{template}.html", context)
