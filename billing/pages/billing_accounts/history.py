"""The history of one billing account: what was done to it here, by whom, and who opened it lately."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.audit.views import page_start
from billing.pages.billing_accounts.history_table import history_table
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.tables import answers, exports
from billing.pages.tables.file_table import ways
from billing.roles import Permission
from billing.services import changes
from billing.services import history as audit_trail
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import ACCOUNT, reads_of
from billing.services.reads import concurrent


@page(Permission.BILLING_READ)
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """For whose own token sees the account: it is read first, or there is a copy. For htmx the panel; or all of it as a
    file."""
    actor = actor_of(request)
    results = concurrent.read(actor, workspace_id, reads_of(workspace_id, billing_account_id, (ACCOUNT,)))
    shown = answers.needed(request, results[ACCOUNT])
    table = history_table(
        billing_account_id, audit_trail.all_account_entries(actor, workspace_id, billing_account_id)
    )
    if exports.format_of(request):
        return exports.download(request, table)
    before = page_start(request)
    history = history_of(actor, workspace_id, billing_account_id, before)
    following = history["following"]
    context = {
        **history,
        "table": ways(request, table),
        "answer": shown.answer,
        "why_kept": shown.why,
        "account": shown.answer.value,
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "following": query_with(request, before=following) if following else "",
        "is_continued": before is not None,
    }
    template = "panel" if request.htmx else "page"
    return render(request, f"billing/billing_accounts/history/{template}.html", context)


def history_of(
    actor: Actor, workspace_id: str, billing_account_id: str, before: int | None = None
) -> dict[str, Any]:
    """What billing/billing_accounts/history/panel.html shows; `following` is where the next page begins.

    For an account that was read with the actor's own token a moment ago, and for no other.
    """
    changes.settle_stale()  # what a killed process left behind gets its line first
    entries, following = audit_trail.account_entries(actor, workspace_id, billing_account_id, before)
    readers = audit_trail.recent_readers(actor, workspace_id, billing_account_id)
    subjects = [entry.subject for entry in entries]
    return {
        "entries": entries,
        "following": following,
        "readers": readers,
        "own_changes": changes.filter_own(actor, subjects),
        "undoable": changes.undoable(actor, subjects),
    }
