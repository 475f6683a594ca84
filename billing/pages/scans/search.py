"""The search: its page, and the suggestions of the search box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.folding import fold
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.scans import pasted_address
from billing.pages.scans.scan_progress import ScanProgress
from billing.pages.scans.search_results import result_of
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.scans import (
    account_filter,
    background,
    object_index,
    run,
    sealed_query,
    search_index,
    store,
)
from billing.services.scans.object_index import Hit, ObjectIndex
from billing.services.scans.search_index import Entry, Matches, SearchIndex

_MAX_SUGGESTIONS: Final = 8
_MAX_LENGTH: Final = 200
# The addresses of hosted invoices are long.
_MAX_ADDRESS: Final = 600


@dataclass(frozen=True, slots=True)
class _Search:
    """What was found for a text: accounts and workspaces, and what is inside accounts."""

    known: SearchIndex
    objects: ObjectIndex
    query: str
    matches: Matches
    hits: tuple[Hit, ...]

    @property
    def ordered(self) -> tuple[Hit | Entry, ...]:
        """Whole numbers and IDs first, parts of numbers last."""
        exact = tuple(hit for hit in self.hits if hit.is_exact)
        return (*exact, *self.matches.best, *self.hits[len(exact) :])

    @property
    def target(self) -> str:
        """The page of the only object whose ID, number or link was entered; empty if there is no such one."""
        wanted = fold(self.query)
        found: list[Hit | Entry] = [one for one in self.known.entries if wanted and fold(one.id) == wanted]
        found += [hit for hit in self.hits if hit.is_exact]
        return result_of(found[0]).link if len(found) == 1 else ""

    @property
    def is_filter(self) -> bool:
        """Whether the text is a filter of accounts, and not part of a name."""
        return not self.ordered and account_filter.has_operator(self.query)

    @property
    def needs_details(self) -> bool:
        """Whether the answer may be in accounts that have not been read yet."""
        is_object = object_index.is_object_query(self.query)
        is_open = not any(hit.is_exact for hit in self.hits) and not self.matches.best
        return is_object and is_open and not self.objects.progress.is_finished


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def index(request: PageRequest) -> HttpResponse:
    """Show the results for `q`, or open the only one that it names by its ID, number or address.

    A filter such as `status:past_due` opens the list of all accounts.

    Scripts POST the query and are redirected to a URL that does not reveal it.
    """
    actor = actor_of(request)
    if request.method == "POST":
        text = _text(request.POST.get("q", ""))
        return redirect(f"{reverse('search')}?{urlencode({'s': sealed_query.seal(text)})}")
    sealed = request.GET.get("s", "")
    shared = sealed_query.unseal(sealed) if sealed else ""
    text = _text(request.GET.get("q", "") or shared or "")
    run.usable_tokens(actor)
    found = _search(actor, text)
    if target := pasted_address.path_of(text) or found.target:
        return redirect(target)
    if found.is_filter:
        return redirect(f"{reverse('queues')}?{urlencode({'q': text})}")
    page_obj = page_of(request, found.ordered)
    page_url = request.get_full_path()
    results = [result_of(one) for one in page_obj]
    context = {
        "text": text,
        "is_invalid_link": shared is None,
        "matches": found.matches,
        "hit_count": len(found.hits),
        "page_obj": page_obj,
        "objects": [result for result in results if result.hit],
        "results": [result for result in results if not result.hit],
        "needs_details": found.needs_details,
        "searches_objects": bool(found.hits) or object_index.is_object_query(found.query),
        "details": ScanProgress(found.objects.progress, page_url),
        "scan": ScanProgress(found.known.progress, page_url),
    }
    return render(request, "billing/scans/search/index.html", context)


# Scripts repeat this request during a scan, so it does not keep the session alive.
@page(Permission.BILLING_READ, methods=("POST",), is_background=True)
def suggestions(request: PageRequest) -> HttpResponse:
    """Show the best matches for the text so far, after a step of the scan if it is not finished."""
    actor = actor_of(request)
    text = _text(request.POST.get("q", ""))
    progress = search_index.load(actor).progress
    if not progress.is_finished and not progress.is_stopped:
        background.advance(actor, store.ACCOUNT_LIST, seconds=1)
    found = _search(actor, text)
    context = {
        "text": text,
        "count": found.matches.count + len(found.hits),
        "results": [result_of(one) for one in found.ordered[:_MAX_SUGGESTIONS]],
        "needs_details": found.known.progress.is_finished and found.needs_details,
        "is_filter": found.is_filter,
        "scan": ScanProgress(found.known.progress),
    }
    return render(request, "billing/scans/search/suggestions.html", context)


def _text(given: str) -> str:
    text = given.strip()
    return text[: _MAX_ADDRESS if "/" in text else _MAX_LENGTH]


def _search(actor: Actor, text: str) -> _Search:
    known, objects = search_index.load(actor), object_index.load(actor)
    query = pasted_address.query_of(text)
    return _Search(
        known, objects, query, search_index.search(known, query), object_index.search(objects, query)
    )
