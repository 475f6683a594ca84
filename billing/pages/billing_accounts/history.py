"""The history of one billing account: the actions in this portal, by whom, and who opened the account recently."""

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
from billing.pages.tables.file_table import downloads
from billing.roles import Permission
from billing.services import changes
from billing.services import history as audit_trail
from billing.services.actor import Actor
from billing.services.billing_accounts import reads as account_reads


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the history to people whose own token can read the account.

    For htmx, show only the panel; with `?format=`, return a file.
    """
    actor = actor_of(request)
    reads = {"account": account_reads.billing_account(workspace_id, billing_account_id)}
    shown = answers.required(answers.read(request, workspace_id, reads)["account"])
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
        "table": downloads(request, table),
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "account": shown.answer.value,
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "next_page": query_with(request, before=following) if following else "",
        "first_page": "" if before is None else request.path,
    }
    template = "panel" if request.htmx else "page"
    return render(request, f"billing/billing_accounts/history/{template}.html", context)


def history_of(
    actor: Actor, workspace_id: str, billing_account_id: str, before: int | None = None
) -> dict[str, Any]:
    """Return the context of billing/billing_accounts/history/panel.html; `following` is the start of the next page.

    Call it only for an account that the actor's own token has just read.
    """
    changes.settle_stale()  # adds the missing entries of killed processes
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
