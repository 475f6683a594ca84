"""People, for those who manage them: the list, and one person with everything they can use."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import query_with
from billing.pages.people.actions import WORDS
from billing.pages.people.forms import PeopleFilter
from billing.pages.people.tables import people_table
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.people import actions, edits, keys, people, staff
from billing.services.people.actions import Action
from billing.services.sign_in import lockouts

# A person has a few of each; more are not shown.
_MAX_SESSIONS: Final = 20
_MAX_TOKENS: Final = 20


@page(Permission.PEOPLE_MANAGE)
def index(request: PageRequest) -> HttpResponseBase:
    """List people by username, or download all who match the filter."""
    actor = actor_of(request)
    form = PeopleFilter(request.GET)
    query = form.query
    table = people_table(people.find_all(actor, query))
    if exports.format_of(request):
        return exports.download(request, table)
    found, after = people.find_page(actor, query)
    context = {
        "people": found,
        "form": form,
        "actions": list(WORDS.items()),
        "table": downloads(request, table),
        "next_page": query_with(request, after=after) if after else "",
        "first_page": query_with(request, after="") if query.after else "",
    }
    return render(request, "billing/people/index.html", context)


@page(Permission.PEOPLE_MANAGE)
def detail(request: PageRequest, person_id: int) -> HttpResponse:
    """Show a person with their roles, sessions, tokens and keys."""
    actor = actor_of(request)
    try:
        person = people.get(actor, person_id)
    except staff.UnknownPerson:
        raise Http404 from None
    is_active = person.user.is_active
    unneeded = {Action.ACTIVATE if is_active else Action.DEACTIVATE}
    unneeded |= set() if person.keys.count else {Action.REVOKE_KEYS}
    sessions = people.sessions_of(actor, person.user)
    unneeded |= set() if sessions else {Action.END_SESSIONS}
    context = {
        "person": person,
        "page_obj": page_of(request, keys.in_display_order(people.keys_of(actor, person_id))),
        "sessions": sessions[:_MAX_SESSIONS],
        "tokens": people.tokens_of(actor, person_id)[:_MAX_TOKENS],
        "lockouts": lockouts.current(actor, person_id),
        "key_refusal": edits.refusal(actor, person.user),
        "refusal": actions.refusal(actor, Action.DEACTIVATE, person.user),
        "actions": [(action, words) for action, words in WORDS.items() if action not in unneeded],
    }
    return render(request, "billing/people/detail.html", context)
