"""The audit log: a list of entries, their download, and one entry in full."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.audit.export import json_lines, table_of
from billing.pages.audit.forms import AuditFilter
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.rendering.action_labels import ACTION_LABELS
from billing.pages.tables import exports
from billing.roles import Permission
from billing.services import changes, history
from billing.services.billing_accounts import cached_names


@page(Permission.AUDIT_READ)
def index(request: PageRequest) -> HttpResponseBase:
    """Show a page of entries, or with `?format=csv`, `xlsx` or `jsonl` return all matching entries as a file.

    With an invalid filter there is no file, because it would contain more than requested.
    """
    actor, form = actor_of(request), AuditFilter(request.GET)
    changes.settle_stale()  # adds missing entries of killed processes
    entry_filter = form.entry_filter(before=page_start(request))
    file_format = "jsonl" if request.GET.get("format") == "jsonl" else exports.format_of(request)
    is_refused = bool(file_format and form.errors)
    if file_format and not is_refused and request.method == "GET":
        rows = history.export(actor, entry_filter, file_format)
        return json_lines(rows) if file_format == "jsonl" else exports.download(request, table_of(rows))
    entries, following = history.list_entries(actor, entry_filter)
    keys = [(entry.workspace_id, entry.billing_account_id) for entry in entries]
    names = cached_names.find_accounts(actor, keys)
    context = {
        "entries": entries,
        "rows": [(entry, names.get(key, "")) for entry, key in zip(entries, keys, strict=True)],
        "form": form,
        "actions": sorted(ACTION_LABELS.items()),
        "is_refused": is_refused,
        "first_page": "" if entry_filter.before is None else query_with(request, before=""),
        "next_page": query_with(request, before=following) if following else "",
        "downloads": [
            (title, query_with(request, format=name))
            for title, name in (("CSV", "csv"), ("Excel", "xlsx"), ("JSON Lines", "jsonl"))
        ],
    }
    return render(request, "billing/audit/index.html", context, status=422 if is_refused else 200)


@page(Permission.AUDIT_READ)
def detail(request: PageRequest, entry_id: int) -> HttpResponse:
    try:
        entry_detail = history.retrieve(actor_of(request), entry_id)
    except history.UnknownEntry:
        raise Http404 from None
    entry = entry_detail.entry
    own_changes = changes.filter_own(actor_of(request), [entry.subject])
    context = {"detail": entry_detail, "entry": entry, "own_changes": own_changes}
    return render(request, "billing/audit/detail.html", context)


def page_start(request: PageRequest) -> int | None:
    """Return the `before` parameter: digits only, and no more than a database id has."""
    before = request.GET.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None
