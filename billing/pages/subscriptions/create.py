"""Subscribing: what is possible is said before anything is typed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from billing.altostrat.errors import AltostratError
from billing.pages.changes.lookup import change_named
from billing.pages.changes.submit import Problem, review_of
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.subscriptions.metadata_forms import NewSubscriptionForm, kept_values
from billing.roles import Permission
from billing.services import changes
from billing.services.changes.kinds.subscriptions import CREATE
from billing.services.tokens import NoToken


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The form of a new subscription: with a trial, with a payment method, or with the reason why not."""
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    actor = actor_of(request)
    context: dict[str, Any] = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    problem: Problem | None = None
    if request.method == "POST":
        form = NewSubscriptionForm(request.POST)
        if form.is_valid():
            outcome = review_of(request, form, changes.Draft(CREATE.verb, ids, form.wanted))
            if isinstance(outcome, HttpResponse):
                return outcome
            problem = outcome
    else:
        form = NewSubscriptionForm()
        earlier = change_named(request, CREATE.verb, ids)
        if earlier is not None:
            contents = changes.payload_of(actor, earlier)
            form = NewSubscriptionForm(kept_values(contents.wanted, {}) | {"change_id": uuid4()})
            form.show_refusal(contents.refusal)
            context["refusal"] = contents.refusal
    failed = request.method == "POST" and form.errors
    context |= {
        "form": form,
        "failure": problem.failure if problem else None,
        **_possible(request, ids, problem),
    }
    status = problem.status if problem else 422 if failed else 200
    return render(request, "billing/subscriptions/new.html", context, status=status)


def _possible(request: PageRequest, ids: dict[str, str], problem: Problem | None) -> dict[str, Any]:
    """Whether there can be one more, and how it begins. After a failure, what cannot be read is left out: the form is
    shown in any case."""
    try:
        before = changes.read_current_state(actor_of(request), CREATE, ids)
    except (AltostratError, NoToken):
        if problem is None or problem.failure is None:
            raise
        return {}
    present = changes.Payload(ids=ids, before=before, wanted={})
    return {
        "trial": before["_trial"],
        "running": before["_running"],
        "obstacle": CREATE.obstacle(present),
        "consequences": CREATE.consequences(present),
    }
