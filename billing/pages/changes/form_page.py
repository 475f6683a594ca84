"""From a form, or a button, to the review of a change: what the pages of every kind of write share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from billing.pages.changes.base_form import EntryForm
from billing.pages.changes.destinations import Place
from billing.pages.changes.lookup import change_named, form_id
from billing.pages.changes.submit import TOO_OLD, Problem, review_of
from billing.pages.frame.access import PageRequest
from billing.pages.frame.actor import actor_of
from billing.services import changes
from billing.services.changes import Draft, Kind, Payload, State

# What is listed around something new is read again anyway, and may be long.
_LONG: Final = "_known"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page with the form of one kind of write. `way` leads to it, its last place is where "Cancel" goes."""

    kind: Kind
    ids: dict[str, str]
    form: type[EntryForm]
    title: str
    lead: str
    button: str
    way: Sequence[Place]


def answer(request: PageRequest, entry: Entry) -> HttpResponse:
    """The form as things are now, or with what was refused (`?change=`); sent, it leads to the review."""
    if request.method == "POST":
        return _received(request, entry)
    actor, kind = actor_of(request), entry.kind
    state = changes.read_current_state(actor, kind, entry.ids)
    hidden = {"snapshot": _sealed(request, entry, state)}
    obstacle = kind.obstacle(Payload(ids=entry.ids, before=state, wanted={}))
    earlier = change_named(request, kind.verb, entry.ids)
    if earlier is None:
        form = entry.form(initial=entry.form.values_of(state) | hidden, **_known(kind, state))
        return _show(request, entry, form, obstacle=obstacle)
    contents = changes.payload_of(actor, earlier)
    # What others have changed since stays as it is now.
    kept = contents.wanted if kind.is_creation else {**state, **contents.wanted}
    form = entry.form(entry.form.values_of(kept) | hidden | {"change_id": uuid4()}, **_known(kind, state))
    form.show_refusal(contents.refusal)
    return _show(request, entry, form, obstacle=obstacle, refusal=contents.refusal)


def go_on(request: PageRequest, draft: Draft, back: str) -> HttpResponse:
    """A button that leads to a review without a form. What speaks against it is told where the button was."""
    try:
        row = changes.prepare(actor_of(request), draft, change_id=form_id(request))
    except changes.NothingToChange:
        messages.info(request, "Altostrat has it so already. There is nothing to send.")
        return redirect(back)
    except changes.NotReady as error:
        messages.error(request, f"{error} Nothing was sent.")
        return redirect(back)
    return redirect("change", row.pk)


def _received(request: PageRequest, entry: Entry) -> HttpResponse:
    actor, kind = actor_of(request), entry.kind
    state = changes.open_snapshot(actor, kind.verb, entry.ids, request.POST.get("snapshot", ""))
    if state is None:
        fresh, data = changes.read_current_state(actor, kind, entry.ids), request.POST.copy()
        data["snapshot"] = _sealed(request, entry, fresh)
        form = entry.form(data, around=fresh)
        form.add_error(None, TOO_OLD)
        return _show(request, entry, form)
    form = entry.form(request.POST, **_known(kind, state))
    if not form.is_valid():
        return _show(request, entry, form)
    opened = None if kind.is_creation else state
    outcome = review_of(request, form, Draft(kind.verb, entry.ids, form.wanted, opened=opened))
    return outcome if isinstance(outcome, HttpResponse) else _show(request, entry, form, problem=outcome)


def _show(
    request: PageRequest,
    entry: Entry,
    form: EntryForm,
    *,
    obstacle: str = "",
    refusal: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    failed = request.method == "POST" and bool(form.errors)
    context = {
        "entry": entry,
        "form": form,
        "obstacle": problem.obstacle if problem else obstacle,
        "failure": problem.failure if problem else None,
        "refusal": refusal,
    }
    status = problem.status if problem else 422 if failed else 200
    return render(request, "billing/changes/entry.html", context, status=status)


def _sealed(request: PageRequest, entry: Entry, state: State) -> str:
    short = {name: value for name, value in state.items() if name != _LONG}
    return changes.seal_snapshot(actor_of(request), entry.kind.verb, entry.ids, short)


def _known(kind: Kind, state: State) -> dict[str, State]:
    return {"around": state} if kind.is_creation else {"opened": state}
