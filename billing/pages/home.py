"""The home page: work queues, workspaces, the person's token, and a form that opens an account by id."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from billing.models import AltostratToken
from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import AS_TYPED, Accessible, checked_id
from billing.services import changes, tokens
from billing.services.people import keys

_MAX_UNKNOWN_CHANGES: Final = 5


@page(SIGNED_IN)
def index(request: PageRequest) -> HttpResponse:
    """Show the home page, or redirect to the billing account whose ids are in the query."""
    is_opening = "workspace_id" in request.GET
    form = OpenAccountForm(request.GET if is_opening else None)
    if is_opening and form.is_valid():
        ids = form.cleaned_data
        return redirect("billing-account", ids["workspace_id"], ids["billing_account_id"])
    actor = actor_of(request)
    own_tokens = tokens.of(actor)
    changes.settle_stale()
    context = {
        "greeting": greeting(timezone.localtime().hour),
        "form": form,
        "token": own_tokens.filter(is_default=True).first(),
        "token_count": own_tokens.count(),
        "unknown_changes": [
            (row, changes.kind_of(row.verb))
            for row in changes.list_unknown(actor)[:_MAX_UNKNOWN_CHANGES]
            if row.verb in changes.KINDS
        ],
        "ending_keys": keys.expiring_soon(actor),
        "refused": own_tokens.filter(status=AltostratToken.Status.REFUSED).exclude(is_default=True).first(),
    }
    return render(request, "billing/home.html", context, status=422 if form.errors else 200)


def greeting(hour: int) -> str:
    if hour < 5 or hour >= 18:
        return "Good evening"
    return "Good morning" if hour < 12 else "Good afternoon"


class OpenAccountForm(Accessible):
    """A form that opens a billing account by its two ids."""

    workspace_id = forms.CharField(
        label="Workspace ID",
        max_length=255,
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "ws_…"}),
        error_messages={"required": "Enter the ID of the workspace; it starts with ws_."},
    )
    billing_account_id = forms.CharField(
        label="Billing account ID",
        max_length=255,
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "cus_…"}),
        error_messages={"required": "Enter the ID of the billing account; it starts with cus_."},
    )

    def clean_workspace_id(self) -> str:
        return checked_id(self.cleaned_data["workspace_id"], "ws_", "a workspace ID")

    def clean_billing_account_id(self) -> str:
        value = self.cleaned_data["billing_account_id"]
        return checked_id(value, "cus_", "a billing account ID")
