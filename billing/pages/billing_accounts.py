"""Billing accounts: list. One of them is a page of panels: `account_page`."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages import exports, listing
from billing.pages.access import PageRequest, page
from billing.pages.account_tables import billing_accounts_table
from billing.pages.actor import actor_of
from billing.roles import Permission
from billing.services import billing_accounts


@page(Permission.BILLING_READ)
def list_all(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """The billing accounts of one workspace; for htmx the table alone, with `?format=` as a file."""
    answer = billing_accounts.list_all(actor_of(request), workspace_id=workspace_id)
    table = billing_accounts_table(workspace_id, answer)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "answer": answer,
        "table": listing.shown(request, table),
        "workspace_id": workspace_id,
    }
    template = "table" if request.htmx else "list"
    return render(request, f"billing/billing_accounts/{template}.html", context)
