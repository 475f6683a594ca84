"""People, for who manages them: list, show, deactivate, activate, revoke a key."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from billing.models import User
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.people.forms import PeopleFilter
from billing.pages.people.tables import people_table
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.roles import Permission
from billing.services.people import keys, people, staff


@page(Permission.PEOPLE_MANAGE)
def list_all(request: PageRequest) -> HttpResponseBase:
    """Everybody, by name; all who fit the filter as a file."""
    form = PeopleFilter(request.GET)
    wanted = people.Wanted(
        text=form.wanted("q"),
        role=form.wanted("role"),
        active=form.active,
        after=form.wanted("after"),
    )
    table = people_table(people.everybody(actor_of(request), wanted))
    if exports.format_of(request):
        return exports.download(request, table)
    found, following = people.list_all(actor_of(request), wanted)
    context = {
        "people": found,
        "form": form,
        "table": downloads(request, table),
        "next_page": query_with(request, after=following) if following else "",
        "is_continued": bool(wanted.after),
    }
    return render(request, "billing/people/list.html", context)


@page(Permission.PEOPLE_MANAGE)
def retrieve(request: PageRequest, person_id: int) -> HttpResponse:
    """One person, with their keys."""
    person = _known(request, person_id)
    context = {
        "person": person,
        "keys": keys.in_order(people.keys_of(actor_of(request), person_id)),
        "obstacle": staff.obstacle_to_switch(actor_of(request), person.user),
    }
    return render(request, "billing/people/retrieve.html", context)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def deactivate(request: PageRequest, person_id: int) -> HttpResponse:
    """Asks, then shuts the person out."""
    return _switch(request, person_id, on=False)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def activate(request: PageRequest, person_id: int) -> HttpResponse:
    """Asks, then lets the person in again."""
    return _switch(request, person_id, on=True)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def revoke_key(request: PageRequest, person_id: int, key_id: int) -> HttpResponse:
    """Asks, then ends a key of that person's."""
    actor = actor_of(request)
    verb = keys.revoke if request.method == "POST" else keys.one_of
    try:
        key = verb(actor, key_id, owner_id=person_id)
    except keys.UnknownKey:
        raise Http404 from None
    if request.method == "POST":
        messages.success(request, f"The key “{key.name}” is revoked. It opens nothing any more.")
        return redirect("person", person_id)
    return render(request, "billing/people/revoke_key.html", {"key": key, "person": key.owner})


def _switch(request: PageRequest, person_id: int, *, on: bool) -> HttpResponse:
    person = _known(request, person_id)
    if request.method != "POST":
        return render(request, "billing/people/switch.html", {"person": person, "on": on})
    try:
        user = (staff.activate if on else staff.deactivate)(actor_of(request), person_id)
    except staff.NotToBeSwitched as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, _told(user, on=on))
    return redirect("person", person_id)


def _told(user: User, *, on: bool) -> str:
    if on:
        return f"{user.get_username()} may come in again."
    return f"{user.get_username()} is deactivated. No session, key or token of theirs works any more."


def _known(request: PageRequest, person_id: int) -> people.Person:
    try:
        return people.retrieve(actor_of(request), person_id)
    except staff.UnknownPerson:
        raise Http404 from None
