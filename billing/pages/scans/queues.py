"""Work queues: who needs attention, over all workspaces, from what the last walk found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.scans.progress_text import Told
from billing.pages.scans.queue_paging import Paging
from billing.pages.scans.queue_table import queue_table
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services import tokens
from billing.services.scans import account_filter, cached_counts, queues, store
from billing.services.scans import results as found
from billing.services.scans import run as walk
from billing.services.scans.account_filter import Filter, WrongFilter
from billing.services.scans.queues import QUEUES, Facts

_PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Tab:
    """One queue among all: its address keeps the filter."""

    title: str
    link: str
    count: int | None
    is_current: bool


@page(Permission.BILLING_READ)
def show(request: PageRequest, key: str) -> HttpResponseBase:
    """One queue, as filtered and sorted by its address, page by page or as a file."""
    queue = QUEUES.get(key)
    if queue is None:
        raise Http404
    actor, now = actor_of(request), timezone.localtime()
    walk.usable_tokens(actor)
    facts = queues.known(actor, now)
    text, error = request.GET.get("q", "").strip(), ""
    try:
        wanted = account_filter.parse(text, facts.statuses)
    except WrongFilter as reason:
        wanted, error = Filter(), str(reason)
    rows = [] if error else facts.rows(queue, wanted, now)
    missing = facts.not_read(wanted)
    table = queue_table(queue, rows, facts.progress.started_at)
    no_file = _why_no_file(facts, error, len(missing))
    if exports.format_of(request):
        return exports.download(request, replace(table, incomplete=no_file))
    if not facts.progress.is_finished:
        table = replace(table, incomplete="Not every account has been read yet.")
    paging = Paging(actor, table.sorting(request))
    ordered = list(table.sorted_rows(request))
    first, is_lost = paging.position(ordered, request.GET.get("after", ""))
    shown = ordered[first : first + _PAGE_SIZE]
    context = {
        "queue": queue,
        "tabs": _tabs(facts.counts(wanted, now) if facts.progress.has_begun else {}, key, text),
        "table": page_table(request, replace(table, rows=shown)),
        "no_file": no_file,
        "count": len(rows),
        "first": first,
        "is_lost": is_lost,
        "text": text,
        "error": error,
        "operators": account_filter.OPERATORS,
        "invoices_query": _encoded(text),
        "older": sum(row.standing.has_older for row in rows),
        "scan": Told(replace(facts.progress, not_read=missing), request.get_full_path()),
        "beginning": reverse("queue", args=[key]) + query_with(request, after=""),
        "following": request.path + query_with(request, after=paging.cursor(shown[-1]))
        if first + len(shown) < len(ordered)
        else "",
    }
    return render(request, "billing/scans/queues/show.html", context, status=422 if error else 200)


# It asks by itself while a walk goes on, so it keeps no session alive.
@page(Permission.BILLING_READ, is_background=True)
def counts(request: PageRequest) -> HttpResponse:
    """How many accounts are in each queue, from what is kept, for the home page; and the walk that finds it out, which
    begins by itself unless its person stopped it. This asks nobody, but for a script that takes the next step."""
    actor, now = actor_of(request), timezone.localtime()
    if request.htmx and "step" in request.GET:
        progress = walk.advance(actor, store.FACTS)
        is_over = progress.kind == store.FACTS and progress.is_finished
        context = {"scan": Told(progress, reverse("home")), "is_over": is_over}
        return render(request, "billing/scans/queues/counts_step.html", context)
    facts = queues.known(actor, now)
    numbers, as_of = facts.counts(Filter(), now), facts.progress.started_at
    last = None
    if facts.progress.is_finished and as_of is not None:
        cached_counts.remember(actor, numbers, as_of)
    else:
        last = cached_counts.recall(actor)
    begun = facts.progress if facts.progress.has_begun else found.progress(actor, store.DIRECTORY)
    context = {
        "tabs": _tabs(last.numbers if last else numbers, "", ""),
        "is_known": last is not None or facts.progress.has_begun,
        "last": last,
        "scan": Told(facts.progress, reverse("home")),
        "step": Told(begun, reverse("home")),
        "is_over": False,
        "walks": not facts.progress.is_finished and not tokens.is_refused(actor),
    }
    return render(
        request, f"billing/scans/queues/{'counts' if request.htmx else 'counts_page'}.html", context
    )


def _tabs(numbers: dict[str, int], key: str, text: str) -> list[Tab]:
    query = f"?{_encoded(text)}" if text else ""
    return [
        Tab(
            queue.title,
            reverse("queue", args=[queue.key]) + query,
            numbers.get(queue.key),
            queue.key == key,
        )
        for queue in QUEUES.values()
    ]


def _encoded(text: str) -> str:
    return urlencode({"q": text})


def _why_no_file(facts: Facts, error: str, missing: int) -> str:
    if error:
        return error
    if not facts.progress.is_finished:
        return "Not every account has been read yet."
    if missing:
        count = (
            "1 of its accounts or workspaces" if missing == 1 else f"{missing} of its accounts or workspaces"
        )
        return f"{count} could not be read; they are named below."
    return ""
