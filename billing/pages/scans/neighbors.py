"""The previous and the next account in the queue from which a person opened an account.

The address of the account has the queue, its order and filter. A colleague who opens the address gets their own queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.scans.queue_table import queue_table
from billing.pages.scans.queue_view import QueueView
from billing.pages.scans.search_results import account_url
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.billing_accounts.notes import last_of_accounts
from billing.services.follow_ups import assignees
from billing.services.follow_ups import store as follow_ups
from billing.services.scans import account_filter, queues
from billing.services.scans.account_filter import Filter, InvalidFilter
from billing.services.scans.queues import QUEUES, Queue, Row, ScannedAccounts

# The queue whose accounts can be reminded one after another, and the part of a reminder's address behind the account's.
_OWING: Final = "past-due"
_REMINDER: Final = "reminder/"
_FROM: Final = ("queue", "sort", "q", "show")


def origin_of(values: Mapping[str, str]) -> str:
    """Return the query that an account's address has when it was opened from a queue; else empty."""
    if values.get("queue") not in QUEUES:
        return ""
    return "?" + urlencode([(name, values[name]) for name in _FROM if values.get(name)])


# A script of the account page makes this request, so it does not keep the session alive.
@page(Permission.BILLING_READ, is_background=True)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show links to the accounts before and after this one, from the person's own scan, without a call.

    With `?of=reminder`, the links lead to their reminders.
    """
    origin = origin_of(request.GET)
    if not request.htmx:
        return redirect(reverse("billing-account", args=[workspace_id, billing_account_id]) + origin)
    if not origin:
        raise Http404
    actor, now, queue = actor_of(request), timezone.localtime(), QUEUES[request.GET["queue"]]
    rows = _ordered(request, actor, queue, queues.load(actor, now), now)
    ids = [(row.account.entry.workspace_id, row.account.entry.id) for row in rows]
    here = (workspace_id, billing_account_id)
    at = ids.index(here) if here in ids else None
    part = _REMINDER if request.GET.get("of") == "reminder" else ""
    context = {
        "queue": queue,
        "queue_url": reverse("queue", args=[queue.key]) + _queue_query(request),
        "number": None if at is None else at + 1,
        "count": len(rows),
        "previous": _link(rows[at - 1], part + origin) if at else None,
        "next": _link(rows[at + 1], part + origin) if at is not None and at + 1 < len(rows) else None,
        "reminder_url": reverse("reminder", args=here) + origin if queue.key == _OWING and not part else "",
        "account_url": reverse("billing-account", args=here) + origin if part else "",
    }
    return render(request, "billing/scans/queues/neighbors.html", context)


def _ordered(
    request: PageRequest, actor: Actor, queue: Queue, accounts: ScannedAccounts, now: datetime
) -> list[Row]:
    """Return the rows of the queue as its page sorts them."""
    try:
        filtered = account_filter.parse(
            request.GET.get("q", "").strip(), accounts.statuses, partial(assignees.by_account, actor)
        )
    except InvalidFilter:
        filtered = Filter()
    found = accounts.rows(queue, filtered, now)
    by_note = "noted_at" in request.GET.get("sort", "")
    keys = {(row.account.entry.workspace_id, row.account.entry.id) for row in found}
    view = QueueView(actor, request.GET, found, follow_ups.of_accounts(actor, keys), now)
    notes = last_of_accounts(actor, keys) if by_note else {}
    table = queue_table(queue, view.rows, notes, view, None, ())
    if not accounts.progress.is_finished:
        table = replace(table, incomplete="Not all accounts have been read yet.")
    return list(table.sorted_rows(request))


def _link(row: Row, origin: str) -> tuple[str, str]:
    return account_url(row.account.entry) + origin, row.account.entry.name


def _queue_query(request: PageRequest) -> str:
    found = urlencode([(name, request.GET[name]) for name in _FROM[1:] if request.GET.get(name)])
    return f"?{found}" if found else ""
