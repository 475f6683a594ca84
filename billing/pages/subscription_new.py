"""Subscribing: what is possible is said before anything is typed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.altostrat.errors import Invalid
from billing.pages.access import PageRequest, page
from billing.pages.actor import actor_of
from billing.pages.form_rows import change_named
from billing.pages.metadata_forms import NewSubscriptionForm, kept_values
from billing.roles import Permission
from billing.services import changes
from billing.services.changes.subscriptions import CREATE


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The form of a new subscription: with a trial, with a payment method, or with the reason why not."""
    ids = {"workspaceId": workspace_id, "billingAccountId": billing_account_id}
    actor = actor_of(request)
    context: dict[str, Any] = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    status = 200
    if request.method == "POST":
        form = NewSubscriptionForm(request.POST)
        if form.is_valid():
            draft = changes.Draft(CREATE.verb, ids, form.wanted)
            try:
                row = changes.prepare(actor, draft, change_id=form.cleaned_data["change_id"])
            except changes.NotReady:
                status = 409  # the reason stands at the button, read anew
            except Invalid as error:
                # Of the preview: nothing was to be changed by it.
                form.add_error(
                    None, f"Altostrat cannot preview this: {error.message or 'it gives no reason.'}"
                )
            else:
                return redirect("change", row.pk)
        status = 422 if form.errors else status
    else:
        form = NewSubscriptionForm()
        earlier = change_named(request, CREATE.verb)
        if earlier is not None:
            contents = changes.contents_of(actor, earlier)
            form = NewSubscriptionForm(kept_values(contents.wanted, {}) | {"change_id": uuid4()})
            form.show_refusal(contents.refusal)
            context["refusal"] = contents.refusal
    present = changes.Contents(ids=ids, before=changes.present(actor, CREATE, ids), wanted={})
    context |= {
        "form": form,
        "trial": present.before["_trial"],
        "running": present.before["_running"],
        "obstacle": CREATE.obstacle(present),
        "consequences": CREATE.consequences(present),
    }
    return render(request, "billing/subscriptions/new.html", context, status=status)
