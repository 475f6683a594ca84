"""The audit: who did what, newest first; one entry in full; all that fits as a file."""

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


@page(Permission.AUDIT_READ)
def list_all(request: PageRequest) -> HttpResponseBase:
    """A page of entries; with `?format=csv`, `xlsx` or `jsonl` all that fit the filter, as a file. With a filter that
    cannot be read there is no file: it would hold more than was asked for."""
    actor, form = actor_of(request), AuditFilter(request.GET)
    changes.settle_stale()  # what a killed process left behind gets its line first
    wanted = form.entries(before=last_seen(request))
    file_format = "jsonl" if request.GET.get("format") == "jsonl" else exports.format_of(request)
    is_refused = bool(file_format and form.errors)
    if file_format and not is_refused and request.method == "GET":
        rows = history.export(actor, wanted, file_format)
        return json_lines(rows) if file_format == "jsonl" else exports.download(request, table_of(rows))
    entries, following = history.list_all(actor, wanted)
    context = {
        "entries": entries,
        "form": form,
        "acts": sorted(ACTION_LABELS.items()),
        "is_refused": is_refused,
        "following": query_with(request, before=following) if following else "",
        "is_continued": wanted.before is not None,
        "downloads": [
            (title, query_with(request, format=name))
            for title, name in (("CSV", "csv"), ("Excel", "xlsx"), ("JSON Lines", "jsonl"))
        ],
    }
    return render(request, "billing/audit/list.html", context, status=422 if is_refused else 200)


@page(Permission.AUDIT_READ)
def retrieve(request: PageRequest, entry_id: int) -> HttpResponse:
    """One entry, with what it found and left."""
    try:
        seen = history.retrieve(actor_of(request), entry_id)
    except history.UnknownEntry:
        raise Http404 from None
    entry = seen.entry
    own_changes = changes.filter_own(actor_of(request), [entry.subject])
    context = {"seen": seen, "entry": entry, "own_changes": own_changes}
    return render(request, "billing/audit/retrieve.html", context)


def last_seen(request: PageRequest) -> int | None:
    """The id of the last entry of the page above. Digits only, and no more of them than an id of the database has."""
    before = request.GET.get("before", "")
    return int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None
