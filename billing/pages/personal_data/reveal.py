"""Reveal one field of a billing account to a person who sees it masked."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.forms import ReasonForm
from billing.pages.rendering.addresses import address_lines
from billing.roles import Permission
from billing.services.personal_data import reveal as service


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest, workspace_id: str, billing_account_id: str, field: str) -> HttpResponse:
    """Ask for a reason, then show the field once, in this response."""
    try:
        chosen = service.Field(field)
    except ValueError:
        raise Http404 from None
    actor = actor_of(request)
    if not actor.is_masked:  # they see it on the account's page
        return redirect("billing-account", workspace_id, billing_account_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context = {
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "field": chosen,
        "field_label": chosen.value.capitalize(),
        "form": form,
    }
    if form.is_valid():
        account = service.reveal(
            actor,
            workspace_id=workspace_id,
            billing_account_id=billing_account_id,
            field=chosen,
            reason=form.cleaned_data["reason"],
        )
        address = account.address
        context |= {
            "account": account,
            "lines": address_lines(address) if address else (),
        }
    return render(request, "billing/personal_data/reveal.html", context, status=422 if form.errors else 200)
