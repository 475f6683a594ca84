"""The first page: what you can do here, the state of your token, your workspaces."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render

from billing.models import AltostratToken
from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import AS_TYPED, Accessible, checked_id
from billing.services import changes, tokens
from billing.services.people import keys


@page(SIGNED_IN)
def show(request: PageRequest) -> HttpResponse:
    """Home; with two ids in the address, the way to that billing account."""
    opening = "workspace_id" in request.GET
    form = OpenAccountForm(request.GET if opening else None)
    if opening and form.is_valid():
        ids = form.cleaned_data
        return redirect("billing-account", ids["workspace_id"], ids["billing_account_id"])
    actor = actor_of(request)
    mine = tokens.of(actor)
    changes.settle_stale()
    context = {
        "form": form,
        "token": mine.filter(is_default=True).first(),
        "token_count": mine.count(),
        "open_changes": [
            (row, changes.kind_of(row.verb))
            for row in changes.list_unknown(actor)[:5]
            if row.verb in changes.KINDS
        ],
        "ending_keys": keys.ending_soon(actor),
        "refused": mine.filter(status=AltostratToken.Status.REFUSED).exclude(is_default=True).first(),
    }
    return render(request, "billing/home.html", context, status=422 if form.errors else 200)


class OpenAccountForm(Accessible):
    """The two ids that lead to a billing account."""

    workspace_id = forms.CharField(
        label="Workspace id",
        max_length=255,
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "ws_…"}),
        error_messages={"required": "Give the id of the workspace; it begins with ws_."},
    )
    billing_account_id = forms.CharField(
        label="Billing account id",
        max_length=255,
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "cus_…"}),
        error_messages={"required": "Give the id of the billing account; it begins with cus_."},
    )

    def clean_workspace_id(self) -> str:
        """A well-formed workspace id."""
        return checked_id(self.cleaned_data["workspace_id"], "ws_", "a workspace id")

    def clean_billing_account_id(self) -> str:
        """A well-formed billing account id."""
        value = self.cleaned_data["billing_account_id"]
        return checked_id(value, "cus_", "a billing account id")
