"""Changing and cancelling a subscription: one kind of change per request, each with a form that leads to a review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.pages.changes.lookup import change_named, form_id
from billing.pages.changes.submit import TOO_OLD, Problem, review_of
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.subscriptions.forms import AddForm, ChangeForm, QuantitiesForm, RemoveForm
from billing.pages.subscriptions.metadata_forms import MetadataForm, kept_values
from billing.roles import Permission
from billing.services import changes
from billing.services.changes import Kind, State, preconditions
from billing.services.changes.kinds.subscriptions import (
    ADD,
    CANCEL,
    METADATA,
    PAUSE,
    PRODUCTS,
    REMOVE,
    REPLACE,
    RESUME,
    SYNC,
)


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of change: what it says of itself, its icon and its form."""

    kind: Kind
    note: str
    icon: str
    form: type[ChangeForm] = ChangeForm


WAYS: Final[Mapping[str, Way]] = {
    "quantities": Way(REPLACE, "More or fewer of what is subscribed.", "adjustments", QuantitiesForm),
    "add": Way(ADD, "A product that is not subscribed yet.", "plus", AddForm),
    "remove": Way(REMOVE, "Takes products out; one has to stay.", "minus", RemoveForm),
    "pause": Way(PAUSE, "No invoices until it is resumed.", "player-pause"),
    "resume": Way(RESUME, "Ends a pause.", "player-play"),
    "metadata": Way(METADATA, "Free pairs of key and value, kept with it.", "tags", MetadataForm),
    "sync": Way(SYNC, "Asks Altostrat to; what it does then is not documented.", "refresh"),
}


@page(Permission.BILLING_WRITE)
def choose(
    request: PageRequest, workspace_id: str, billing_account_id: str, subscription_id: str
) -> HttpResponse:
    """Every kind of change, those that are not possible with the reason."""
    context, ids = _place(workspace_id, billing_account_id, subscription_id)
    state = changes.read_current_state(actor_of(request), REPLACE, ids)
    around = changes.Payload(ids=ids, before=state, wanted={})
    context["why_not_cancel"] = preconditions.of_kind(CANCEL, around)
    context["ways"] = [(slug, way, _why_not(slug, way, ids, state)) for slug, way in WAYS.items()]
    return render(request, "billing/subscriptions/choose.html", context)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def change(
    request: PageRequest, workspace_id: str, billing_account_id: str, subscription_id: str, way: str
) -> HttpResponse:
    """The form of one kind of change; sent, it leads to the review."""
    if way not in WAYS:
        raise Http404
    chosen = WAYS[way]
    context, ids = _place(workspace_id, billing_account_id, subscription_id)
    context |= {"way": way, "chosen": chosen, "kind": chosen.kind}
    if request.method == "POST":
        return _prepare(request, chosen, ids, context)
    actor = actor_of(request)
    state = changes.read_current_state(actor, chosen.kind, ids)
    sealed = {"snapshot": changes.seal_snapshot(actor, chosen.kind.verb, ids, state)}
    form = chosen.form(initial=sealed, opened=state)
    earlier = change_named(request, chosen.kind.verb, ids)
    if earlier is not None:
        contents = changes.payload_of(actor, earlier)
        kept = _kept(chosen, contents.wanted, state) | sealed | {"change_id": uuid4()}
        form = chosen.form(kept, opened=state)
        form.show_refusal(contents.refusal)
        context["refusal"] = contents.refusal
    return _show(request, chosen, ids, state, context | {"form": form})


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def cancel(
    request: PageRequest, workspace_id: str, billing_account_id: str, subscription_id: str
) -> HttpResponse:
    """Says what follows, with the date; the review shows what it comes to, and asks for a reason and the id."""
    context, ids = _place(workspace_id, billing_account_id, subscription_id)
    actor = actor_of(request)
    if request.method == "POST":
        try:
            row = changes.prepare(actor, changes.Draft(CANCEL.verb, ids, {}), change_id=form_id(request))
        except changes.NotReady as error:
            context["obstacle"] = str(error)
        else:
            return redirect("change", row.pk)
    contents = changes.Payload(ids=ids, before=changes.read_current_state(actor, CANCEL, ids), wanted={})
    context |= {
        "consequences": CANCEL.consequences(contents),
        "obstacle": context.get("obstacle") or preconditions.of_kind(CANCEL, contents),
        "change_id": uuid4(),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "billing/subscriptions/cancel.html", context, status=status)


def _prepare(request: PageRequest, way: Way, ids: dict[str, str], context: dict[str, Any]) -> HttpResponse:
    actor, kind = actor_of(request), way.kind
    opened = changes.open_snapshot(actor, kind.verb, ids, request.POST.get("snapshot", ""))
    data = request.POST.copy()
    if opened is None:
        state = changes.read_current_state(actor, kind, ids)
        data["snapshot"] = changes.seal_snapshot(actor, kind.verb, ids, state)
        form = way.form(data, opened=state)
        form.is_valid()
        form.add_error(None, TOO_OLD)
        return _show(request, way, ids, state, context | {"form": form})
    form = way.form(data, opened=opened)
    problem = None
    if form.is_valid():
        draft = changes.Draft(kind.verb, ids, form.wanted, opened=opened if kind.is_mergeable else None)
        outcome = review_of(request, form, draft)
        if isinstance(outcome, HttpResponse):
            return outcome
        problem = outcome
        if problem.obstacle:
            form.add_error(None, problem.obstacle)
    return _show(request, way, ids, opened, context | {"form": form}, problem)


def _show(
    request: PageRequest,
    way: Way,
    ids: dict[str, str],
    state: State,
    context: dict[str, Any],
    problem: Problem | None = None,
) -> HttpResponse:
    form = context["form"]
    contents = changes.Payload(ids=ids, before=state, wanted={})
    if way.form is ChangeForm:
        context["consequences"] = way.kind.consequences(contents)
    context["obstacle"] = _why_not(context["way"], way, ids, state)
    context["failure"] = problem.failure if problem else None
    failed = request.method == "POST" and form.errors
    status = problem.status if problem and problem.failure else 422 if failed else 200
    return render(request, "billing/subscriptions/change.html", context, status=status)


def _why_not(slug: str, way: Way, ids: dict[str, str], state: State) -> str:
    """Why a kind of change is not possible now, or nothing."""
    products = state.get("_products")
    if slug == "remove" and products is not None and len(products) < 2:
        return "It has only one product. To end it, cancel it."
    if slug == "add" and products is not None and set(PRODUCTS) <= set(products):
        return "Every product is subscribed already. Change the quantities instead."
    if slug in ("quantities", "add", "remove") and products is None:
        return way.kind.obstacle(changes.Payload(ids=ids, before=state, wanted={}))
    if slug in ("pause", "resume", "sync"):
        return way.kind.obstacle(changes.Payload(ids=ids, before=state, wanted={}))
    return ""


def _kept(way: Way, wanted: State, state: State) -> dict[str, Any]:
    if way.form is RemoveForm:
        return dict.fromkeys(wanted, "on")
    return kept_values(wanted, state)


def _place(
    workspace_id: str, billing_account_id: str, subscription_id: str
) -> tuple[dict[str, Any], dict[str, str]]:
    context = {
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "subscription_id": subscription_id,
    }
    names = ("workspace_id", "billing_account_id", "subscription_id")
    return dict(context), dict(zip(names, context.values(), strict=True))
