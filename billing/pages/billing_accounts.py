"""Billing accounts: list, retrieve."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages import exports, listing
from billing.pages.access import PageRequest, page
from billing.pages.account_tables import billing_accounts_table
from billing.pages.actor import actor_of
from billing.pages.addresses import address_lines, country_name
from billing.pages.facts import facts_of, more_of, sent_in
from billing.roles import Permission
from billing.services import audit, billing_accounts


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


@page(Permission.BILLING_READ)
def retrieve(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """One billing account, every field of it; for htmx the panel alone."""
    actor = actor_of(request)
    with audit.reading(actor, workspace_id, billing_account_id):
        answer = billing_accounts.retrieve(
            actor, workspace_id=workspace_id, billing_account_id=billing_account_id
        )
    account, sent = answer.value, sent_in(answer.body)
    address, sent_address = account.address, sent_in(answer.body, "address")
    context = {
        "answer": answer,
        "account": account,
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "facts": facts_of(account, sent),
        "address_facts": facts_of(address, sent_address) if address else {},
        "address_lines": address_lines(address) if address else (),
        "phone_country": address.country if address else None,
        "country": country_name(address.country) if address else "",
        "more": more_of(account.extra),
        "more_address": more_of(address.extra) if address else (),
    }
    template = "panel" if request.htmx else "retrieve"
    return render(request, f"billing/billing_accounts/{template}.html", context)
