"""The search: its page, and the suggestions of the search box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering.tags import address_of
from billing.pages.scans.scan_progress import ScanProgress
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.scans import deep_search, run, sealed_query, search_index, store
from billing.services.scans.deep_search import Hit
from billing.services.scans.search_index import Entry

_MAX_SUGGESTIONS: Final = 8
_MAX_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Result:
    """An entry that was found, or something inside it that has the id `found_id`."""

    entry: Entry
    link: str
    type_label: str
    found_id: str = ""

    @property
    def key(self) -> str:
        """The identity of the entry in every list of results, so that the search box keeps the selected one."""
        return "-".join(dict.fromkeys((self.entry.workspace_id, self.entry.id)))

    @property
    def note(self) -> str:
        """A text that distinguishes entries with the same name."""
        workspace_name = self.entry.workspace_name if self.entry.is_account else ""
        return " · ".join(filter(None, (self.entry.email, workspace_name, self.entry.id)))


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def index(request: PageRequest) -> HttpResponse:
    """Show the results for `q`. Scripts POST the query and are redirected to a URL that does not reveal it."""
    actor = actor_of(request)
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:_MAX_LENGTH]
        if "deep" in request.POST:
            deep_search.start(actor, text)
        return redirect(f"{reverse('search')}?{urlencode({'s': sealed_query.seal(text)})}")
    sealed = request.GET.get("s", "")
    shared = sealed_query.unseal(sealed) if sealed else ""
    text = (request.GET.get("q", "") or shared or "").strip()[:_MAX_LENGTH]
    run.usable_tokens(actor)
    known = search_index.load(actor)
    matches = search_index.search(known, text)
    deep = deep_search.current(actor, text) if text else None
    hits = deep.hits if deep else ()
    found: tuple[Hit | Entry, ...] = (*hits, *matches.best)
    page_obj = page_of(request, found)
    page_url = request.get_full_path()
    context = {
        "text": text,
        "is_invalid_link": shared is None,
        "account_count": known.account_count,
        "matches": matches,
        "page_obj": page_obj,
        "results": [_hit(one) if isinstance(one, Hit) else _result(one) for one in page_obj],
        "hits": hits,
        # An account may have several hits.
        "accounts_with_hits": len({(hit.account.workspace_id, hit.account.id) for hit in hits}),
        "deep": ScanProgress(deep.progress, page_url) if deep else None,
        "can_search_deep": known.progress.is_finished and search_index.is_deep_query(text),
        "scan": ScanProgress(known.progress, page_url),
    }
    return render(request, "billing/scans/search/index.html", context)


# Scripts repeat this request during a scan, so it does not keep the session alive.
@page(Permission.BILLING_READ, methods=("POST",), is_background=True)
def suggestions(request: PageRequest) -> HttpResponse:
    """Show the best matches for the text so far, after a step of the scan if it is not finished."""
    actor = actor_of(request)
    text = request.POST.get("q", "").strip()[:_MAX_LENGTH]
    known = search_index.load(actor)
    if not known.progress.is_finished and not known.progress.is_stopped:
        run.advance(actor, store.ACCOUNT_LIST, seconds=1)
        known = search_index.load(actor)
    matches = search_index.search(known, text, _MAX_SUGGESTIONS)
    can_search_deep = known.progress.is_finished and not matches.best and search_index.is_deep_query(text)
    context = {
        "text": text,
        "matches": matches,
        "results": [_result(entry) for entry in matches.best],
        "can_search_deep": can_search_deep,
        "scan": ScanProgress(known.progress),
    }
    return render(request, "billing/scans/search/suggestions.html", context)


def account_url(entry: Entry) -> str:
    """Return the URL of an account; empty if it has no usable id."""
    return address_of("billing-account", entry.workspace_id, entry.id)


def _result(entry: Entry) -> Result:
    if not entry.is_account:
        return Result(entry, address_of("billing-accounts", entry.id), "Workspace")
    return Result(entry, account_url(entry), "Billing account")


def _hit(hit: Hit) -> Result:
    """Link to the page of the object, or of its account."""
    ids = (hit.account.workspace_id, hit.account.id)
    is_method = hit.kind == "payment_method"
    link = address_of("payment-methods", *ids) if is_method else address_of(hit.kind, *ids, hit.id)
    type_label = hit.kind.replace("_", " ").capitalize()
    return Result(hit.account, link or account_url(hit.account), type_label, hit.id)
