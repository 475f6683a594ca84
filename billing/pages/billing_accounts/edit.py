"""Creating, changing and deleting a billing account: the forms that lead to a review."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.pages.billing_accounts.forms import BillingAccountForm, NewBillingAccountForm, fields_of
from billing.pages.changes.lookup import change_named, form_id
from billing.pages.changes.submit import TOO_OLD, Problem, review_of
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services import changes
from billing.services.changes import Draft
from billing.services.changes.kinds.billing_accounts import CREATE, DELETE, UPDATE, limit_reached


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def edit(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The form of an account as it is now; sent, it leads to the review of what changes."""
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    actor = actor_of(request)
    context: dict[str, Any] = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    if request.method == "POST":
        opened = changes.open_snapshot(actor, UPDATE.verb, ids, request.POST.get("snapshot", ""))
        data = request.POST.copy()
        form = BillingAccountForm(data, opened=opened)
        if opened is None:
            form.is_valid()
            form.add_error(None, TOO_OLD)
            data["snapshot"] = _snapshot(request, ids)[0]
        elif form.is_valid():
            outcome = review_of(request, form, Draft(UPDATE.verb, ids, form.wanted, opened=opened))
            if isinstance(outcome, HttpResponse):
                return outcome
            return _show(request, "edit", context | {"form": form, "subject": opened.get("name")}, outcome)
        return _show(request, "edit", context | {"form": form, "subject": (opened or {}).get("name")})
    sealed, state = _snapshot(request, ids)
    form = BillingAccountForm(initial=fields_of(state) | {"snapshot": sealed}, opened=state)
    earlier = change_named(request, UPDATE.verb, ids)
    if earlier is not None:
        contents = changes.payload_of(actor, earlier)
        # What others have changed since stays as it is now.
        kept = fields_of({**state, **contents.wanted}) | {"snapshot": sealed, "change_id": uuid4()}
        form = BillingAccountForm(kept, opened=state)
        form.show_refusal(contents.refusal)
        context |= {"refusal": contents.refusal}
    return _show(request, "edit", context | {"form": form, "subject": state.get("name")})


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create(request: PageRequest, workspace_id: str) -> HttpResponse:
    """The form of a new account, as long as the workspace's billing mode allows one more."""
    ids = {"workspace_id": workspace_id}
    actor = actor_of(request)
    context: dict[str, Any] = {"workspace_id": workspace_id}
    if request.method == "POST":
        form = NewBillingAccountForm(request.POST)
        if form.is_valid():
            outcome = review_of(request, form, Draft(CREATE.verb, ids, form.wanted))
            if isinstance(outcome, HttpResponse):
                return outcome
            return _show(request, "new", context | {"form": form}, outcome)
        return _show(request, "new", context | {"form": form})
    present = changes.read_current_state(actor, CREATE, ids)
    form = NewBillingAccountForm()
    earlier = change_named(request, CREATE.verb, ids)
    if earlier is not None:
        contents = changes.payload_of(actor, earlier)
        form = NewBillingAccountForm(fields_of(contents.wanted) | {"change_id": uuid4()})
        form.show_refusal(contents.refusal)
        context |= {"refusal": contents.refusal}
    obstacle = limit_reached(present["_mode"], len(present["_known"]))
    return _show(request, "new", context | {"form": form, "obstacle": obstacle})


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def delete(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Says what follows; the review asks for a reason and the account's name."""
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    actor = actor_of(request)
    if request.method == "POST":
        row = changes.prepare(actor, Draft(DELETE.verb, ids, {}), change_id=form_id(request))
        return redirect("change", row.pk)
    contents = changes.Payload(ids=ids, before=changes.read_current_state(actor, DELETE, ids), wanted={})
    context = {
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "subject": DELETE.subject(contents),
        "consequences": DELETE.consequences(contents),
        "change_id": uuid4(),
    }
    return render(request, "billing/billing_accounts/delete.html", context)


def _show(
    request: PageRequest, name: str, context: dict[str, Any], problem: Problem | None = None
) -> HttpResponse:
    form = context["form"]
    failed = form.is_bound and bool(form.errors) and request.method == "POST"
    if problem:
        context |= {"failure": problem.failure, "obstacle": problem.obstacle}
    status = problem.status if problem else 422 if failed else 200
    return render(request, f"billing/billing_accounts/{name}.html", context, status=status)


def _snapshot(request: PageRequest, ids: dict[str, str]) -> tuple[str, changes.State]:
    actor = actor_of(request)
    state = changes.read_current_state(actor, UPDATE, ids)
    return changes.seal_snapshot(actor, UPDATE.verb, ids, state), state
