"""Actions of administrators on one or several people: deactivate, reactivate, end sessions, revoke keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import safe_next
from billing.pages.people.forms import ReasonForm
from billing.roles import Permission
from billing.services.people import actions as service
from billing.services.people import keys, people, staff
from billing.services.people.actions import Action, Result

_MAX_PEOPLE: Final = people.PAGE_SIZE
_MAX_ID_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Words:
    """How an action appears: its button, its icon, and what was done to a person."""

    button: str
    icon: str
    done: str
    nothing: str
    is_danger: bool = True


WORDS: Final[Mapping[Action, Words]] = {
    Action.DEACTIVATE: Words(
        "Deactivate",
        "user-off",
        "{} is deactivated. Their sessions, keys and tokens no longer work.",
        "{} was deactivated before.",
    ),
    Action.ACTIVATE: Words(
        "Reactivate",
        "user-check",
        "{} is reactivated and can sign in again.",
        "{} is active.",
        is_danger=False,
    ),
    Action.END_SESSIONS: Words(
        "End sessions", "logout", "{} is signed out everywhere.", "{} had no session."
    ),
    Action.REVOKE_KEYS: Words(
        "Revoke keys", "key-off", "All portal keys of {} are revoked.", "{} had no working key."
    ),
}


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def run(request: PageRequest, action: str) -> HttpResponse:
    """Ask for confirmation and a reason, then do it to everyone in `person`."""
    try:
        chosen = Action(action)
        ids = _chosen_ids(request)
        found = people.get_all(actor_of(request), ids)
    except (ValueError, staff.UnknownPerson):
        raise Http404 from None
    if not found:
        messages.info(request, "Select at least one person first.")
        return redirect(_back(request, ids))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        results = service.run(actor_of(request), chosen, ids, form.cleaned_data["reason"])
        _show(request, WORDS[chosen], results)
        return redirect(_back(request, ids))
    refusals = {person.user.pk: service.refusal(actor_of(request), chosen, person.user) for person in found}
    context = {
        "action": chosen,
        "words": WORDS[chosen],
        "rows": [(person, refusals[person.user.pk]) for person in found],
        "only": found[0] if len(found) == 1 else None,
        "is_possible": not all(refusals.values()),
        "form": form,
        "back": _back(request, ids),
    }
    return render(request, "billing/people/action.html", context, status=422 if form.errors else 200)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def revoke_key(request: PageRequest, person_id: int, key_id: int) -> HttpResponse:
    """Ask for confirmation and a reason, then revoke one key of that person."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    try:
        key = keys.get(actor_of(request), key_id, owner_id=person_id)
        if form.is_valid():
            keys.revoke(actor_of(request), key_id, owner_id=person_id, reason=form.cleaned_data["reason"])
            messages.success(request, f"The key “{key.name}” was revoked and no longer works.")
            return redirect("person", person_id)
    except keys.UnknownKey:
        raise Http404 from None
    context = {"key": key, "person": key.owner, "form": form}
    return render(request, "billing/people/revoke_key.html", context, status=422 if form.errors else 200)


def _chosen_ids(request: PageRequest) -> set[int]:
    """Return the ids in `person`. Raise ValueError."""
    texts = (request.POST if request.method == "POST" else request.GET).getlist("person")
    if len(texts) > _MAX_PEOPLE or any(len(text) > _MAX_ID_DIGITS for text in texts):
        raise ValueError
    return {int(text) for text in texts}


def _back(request: PageRequest, ids: set[int]) -> str:
    default = reverse("person", args=[*ids]) if len(ids) == 1 else reverse("people")
    return safe_next(request, default)


def _show(request: PageRequest, words: Words, results: list[Result]) -> None:
    """Show what was done to one person by name, to several as a number, and each refusal."""
    for result in results:
        if result.refusal and len(results) == 1:
            messages.error(request, f"Nothing was changed. {result.refusal}")
        elif result.refusal:
            messages.error(request, f"{result.user.display_name} was not changed. {result.refusal}")
    done = [result for result in results if not result.refusal]
    if len(done) == 1:
        text = words.done if done[0].count else words.nothing
        messages.success(request, text.format(done[0].user.display_name))
    elif done:
        changed = sum(1 for result in done if result.count)
        same = f", {len(done) - changed} needed no change" if changed < len(done) else ""
        messages.success(request, f"{words.button}: done for {changed} people{same}.")
