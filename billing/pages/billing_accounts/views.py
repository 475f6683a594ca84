"""The list of billing accounts. The page of one account is in `detail`."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.billing_accounts.table import billing_accounts_table
from billing.pages.frame.access import PageRequest, page
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services.billing_accounts import reads as account_reads


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str) -> HttpResponseBase:
    """Show the billing accounts of one workspace; for htmx only the table, with `?format=` a file."""
    reads = {"all": account_reads.billing_accounts(workspace_id)}
    shown = answers.required(answers.read(request, workspace_id, reads)["all"])
    table = billing_accounts_table(workspace_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "table": page_table(request, table),
        "workspace_id": workspace_id,
    }
    template = "table" if request.htmx else "index"
    return render(request, f"billing/billing_accounts/{template}.html", context)
