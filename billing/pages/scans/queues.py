"""Work queues: the accounts that need attention, over all workspaces, from the results of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.scans.neighbors import origin_of
from billing.pages.scans.queue_paging import Paging
from billing.pages.scans.queue_table import queue_table
from billing.pages.scans.queue_view import QueueView
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services import tokens
from billing.services.billing_accounts.notes import last_of_accounts
from billing.services.follow_ups import assignees
from billing.services.follow_ups import store as follow_ups
from billing.services.scans import account_filter, background, cached_counts, queues, results, run, store
from billing.services.scans.account_filter import Filter, InvalidFilter
from billing.services.scans.queues import QUEUES, QueueCount, ScannedAccounts

_PAGE_SIZE: Final = 50
_NOT_FINISHED: Final = "Not all accounts have been read yet."


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a queue, with the current filter."""

    title: str
    link: str
    count: int | None
    owed: tuple[Amount, ...]
    is_current: bool


@page(Permission.BILLING_READ)
def detail(request: PageRequest, key: str) -> HttpResponseBase:
    """Show one queue, filtered and sorted, as a page or as a file."""
    queue = QUEUES.get(key)
    if queue is None:
        raise Http404
    actor, now = actor_of(request), timezone.localtime()
    run.usable_tokens(actor)
    accounts = queues.load(actor, now)
    text, error = request.GET.get("q", "").strip(), ""
    try:
        filtered = account_filter.parse(text, accounts.statuses, partial(assignees.by_account, actor))
    except InvalidFilter as reason:
        filtered, error = Filter(), str(reason)
    found = [] if error else accounts.rows(queue, filtered, now)
    missing = accounts.not_read(filtered)
    keys = {(row.account.entry.workspace_id, row.account.entry.id) for row in found}
    view = QueueView(actor, request.GET, found, follow_ups.of_accounts(actor, keys), now)
    # A file has all accounts, with a column for snoozes.
    rows = view.rows_of_file if exports.format_of(request) else view.rows
    notes = last_of_accounts(actor, keys)
    show = view.chosen
    origin = origin_of({"queue": key, "sort": request.GET.get("sort", ""), "q": text, "show": show})
    as_of = accounts.progress.started_at
    table = queue_table(queue, rows, notes, view, as_of, omissions(missing), origin)
    no_file = error or ("" if accounts.progress.is_finished else _NOT_FINISHED)
    if exports.format_of(request):
        return exports.download(request, replace(table, incomplete=no_file))
    if not accounts.progress.is_finished:
        table = replace(table, incomplete=_NOT_FINISHED)
    paging = Paging(table.sorting(request))
    ordered = list(table.sorted_rows(request))
    first, is_invalid_cursor = paging.start(ordered, request.GET.get("after", ""))
    page_rows = ordered[first : first + _PAGE_SIZE]
    has_next = first + len(page_rows) < len(ordered)
    context = {
        "queue": queue,
        "tabs": _tabs(accounts.counts(filtered, now) if accounts.progress.has_begun else {}, key, text),
        "table": page_table(request, replace(table, rows=page_rows)),
        "no_file": no_file,
        "count": len(rows),
        "view": view,
        "origin": origin,
        "first_owed": next((row.account.entry for row in ordered if row.account.owed.days_late), None),
        "owed": _amounts(queues.totals(rows)),
        "without_amount": sum(row.account.owed.without_amount for row in rows),
        "first": first,
        "is_invalid_cursor": is_invalid_cursor,
        "text": text,
        "error": error,
        "operators": account_filter.OPERATORS,
        "examples": _examples(accounts, view),
        "invoices_query": _encode(text),
        "with_older": sum(row.account.has_older for row in rows),
        "scan": ScanProgress(replace(accounts.progress, not_read=missing), request.get_full_path()),
        "first_page": request.path + query_with(request, after="") if first else "",
        "next_page": request.path + query_with(request, after=paging.cursor(page_rows[-1]))
        if has_next
        else "",
    }
    return render(request, "billing/scans/queues/detail.html", context, status=422 if error else 200)


# Scripts repeat this request during a scan, so it does not keep the session alive.
@page(Permission.BILLING_READ, is_background=True)
def counts(request: PageRequest) -> HttpResponse:
    """Show the number of accounts in each queue, for the home page, without a call to Altostrat.

    The page's script then starts or continues the scan with `?step=next`, unless the person has stopped it.
    """
    actor, now = actor_of(request), timezone.localtime()
    if request.htmx and "step" in request.GET:
        return _step(request)
    accounts = queues.load(actor, now)
    progress = accounts.progress
    found, cached = accounts.counts(Filter(), now), None
    if progress.is_finished and progress.started_at is not None:
        cached_counts.save(actor, found, progress.started_at)
    else:
        cached = cached_counts.load(actor)
    running = progress if progress.has_begun else results.progress(actor, store.ACCOUNT_LIST)
    context = {
        "tabs": _tabs(cached.counts if cached else found, "", ""),
        "has_counts": cached is not None or progress.has_begun,
        "cached": cached,
        "scan": ScanProgress(progress, reverse("home")),
        "step": ScanProgress(running, reverse("home")),
        "is_finished": False,
        "continues": not progress.is_finished and not tokens.is_refused(actor),
    }
    template = "counts" if request.htmx else "counts_page"
    return render(request, f"billing/scans/queues/{template}.html", context)


def _examples(accounts: ScannedAccounts, view: QueueView) -> tuple[str, ...]:
    statuses = {one for account in accounts.accounts for one in account.statuses}
    preferred = statuses & {"past_due"} or statuses
    return account_filter.examples((one.entry for one in accounts.accounts), preferred, view.an_assignee)


def _step(request: PageRequest) -> HttpResponse:
    progress = background.advance(actor_of(request), store.ACCOUNT_DETAILS)
    is_finished = progress.kind == store.ACCOUNT_DETAILS and progress.is_finished
    context = {"scan": ScanProgress(progress, reverse("home")), "is_finished": is_finished}
    return render(request, "billing/scans/queues/counts_step.html", context)


def _tabs(counts: Mapping[str, QueueCount], key: str, text: str) -> list[Tab]:
    query = f"?{_encode(text)}" if text else ""
    return [
        Tab(
            queue.title,
            reverse("queue", args=[queue.key]) + query,
            counts[queue.key].accounts if queue.key in counts else None,
            _amounts(counts[queue.key].owed) if queue.key in counts else (),
            queue.key == key,
        )
        for queue in QUEUES.values()
    ]


def _amounts(owed: Mapping[str, int]) -> tuple[Amount, ...]:
    """Return the amounts that are not zero."""
    return tuple(Amount(minor, currency) for currency, minor in owed.items() if minor)


def _encode(text: str) -> str:
    return urlencode({"q": text})
