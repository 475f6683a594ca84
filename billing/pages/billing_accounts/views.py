"""Billing accounts: list. One of them is a page of panels: `account_page`."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS
from billing.pages.billing_accounts.table import billing_accounts_table
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.tables import answers, exports, listing
from billing.roles import Permission
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Read


@page(Permission.BILLING_READ)
def list_all(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """The billing accounts of one workspace; for htmx the table alone, with `?format=` as a file."""
    reads = {"all": Read(LIST_BILLING_ACCOUNTS, {"workspaceId": workspace_id})}
    results = concurrent.read(actor_of(request), workspace_id, reads)
    shown = answers.needed(request, results["all"])
    table = billing_accounts_table(workspace_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "answer": shown.answer,
        "why_kept": shown.why,
        "table": listing.shown(request, table),
        "workspace_id": workspace_id,
    }
    template = "table" if request.htmx else "list"
    return render(request, f"billing/billing_accounts/{template}.html", context)
