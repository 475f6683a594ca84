"""People, for those who manage them: index, detail, deactivate, activate, revoke a key."""

from __future__ import annotations

from collections.abc import Callable

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
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.people import keys, people, staff


@page(Permission.PEOPLE_MANAGE)
def index(request: PageRequest) -> HttpResponseBase:
    """List people by username, or download all who match the filter."""
    actor = actor_of(request)
    form = PeopleFilter(request.GET)
    query = people.Query(
        text=form.wanted("q"), role=form.wanted("role"), active=form.active, after=form.wanted("after")
    )
    table = people_table(people.find_all(actor, query))
    if exports.format_of(request):
        return exports.download(request, table)
    found, after = people.find_page(actor, query)
    context = {
        "people": found,
        "form": form,
        "table": downloads(request, table),
        "next_page": query_with(request, after=after) if after else "",
        "first_page": query_with(request, after="") if query.after else "",
    }
    return render(request, "billing/people/index.html", context)


@page(Permission.PEOPLE_MANAGE)
def detail(request: PageRequest, person_id: int) -> HttpResponse:
    """Show a person with their roles and keys."""
    actor = actor_of(request)
    person = _get(request, person_id)
    context = {
        "person": person,
        "page_obj": page_of(request, keys.in_display_order(people.keys_of(actor, person_id))),
        "refusal": staff.status_change_refusal(actor, person.user),
    }
    return render(request, "billing/people/detail.html", context)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def deactivate(request: PageRequest, person_id: int) -> HttpResponse:
    """Ask for confirmation, then deactivate the person."""
    if request.method != "POST":
        return render(request, "billing/people/deactivate.html", {"person": _get(request, person_id)})
    text = "{} is deactivated. Their sessions, keys and tokens no longer work."
    return _change_status(request, person_id, staff.deactivate, text)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def activate(request: PageRequest, person_id: int) -> HttpResponse:
    """Ask for confirmation, then reactivate the person."""
    if request.method != "POST":
        return render(request, "billing/people/activate.html", {"person": _get(request, person_id)})
    return _change_status(request, person_id, staff.activate, "{} is reactivated and can sign in again.")


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def revoke_key(request: PageRequest, person_id: int, key_id: int) -> HttpResponse:
    """Ask for confirmation, then revoke a key of that person."""
    use_case = keys.revoke if request.method == "POST" else keys.get
    try:
        key = use_case(actor_of(request), key_id, owner_id=person_id)
    except keys.UnknownKey:
        raise Http404 from None
    if request.method == "POST":
        messages.success(request, f"The key “{key.name}” was revoked and no longer works.")
        return redirect("person", person_id)
    return render(request, "billing/people/revoke_key.html", {"key": key, "person": key.owner})


def _change_status(
    request: PageRequest, person_id: int, use_case: Callable[[Actor, int], User], text: str
) -> HttpResponse:
    try:
        user = use_case(actor_of(request), person_id)
    except staff.UnknownPerson:
        raise Http404 from None
    except staff.StatusChangeRefused as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, text.format(user.display_name))
    return redirect("person", person_id)


def _get(request: PageRequest, person_id: int) -> people.Person:
    try:
        return people.get(actor_of(request), person_id)
    except staff.UnknownPerson:
        raise Http404 from None
