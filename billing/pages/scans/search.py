"""The search box: its page, and what it suggests while somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.scans.progress_text import Told
from billing.roles import Permission
from billing.services.scans import deep_search, directory, sealed_query, store
from billing.services.scans import run as walk
from billing.services.scans.deep_search import Hit
from billing.services.scans.directory import Entry

_SUGGESTED: Final = 8
_LISTED: Final = 100
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the results: an entry, where it leads, and a word for what it is."""

    entry: Entry
    link: str
    word: str
    found: str = ""

    @property
    def key(self) -> str:
        """What tells it from everything else that is found, whatever stands beside it."""
        return "-".join(dict.fromkeys((self.entry.workspace_id, self.entry.id)))

    @property
    def note(self) -> str:
        """What tells it from another of the same name."""
        one = self.entry
        return " · ".join(filter(None, (one.email, one.workspace_name if one.is_account else "", one.id)))


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def show(request: PageRequest) -> HttpResponse:
    """What is found for `q`. A script posts it, and gets an address in which it cannot be read."""
    actor = actor_of(request)
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:_LONGEST]
        if "look" in request.POST:
            deep_search.begin(actor, text)
        return redirect(f"{reverse('search')}?{urlencode({'s': sealed_query.seal(actor, text)})}")
    text = (request.GET.get("q", "") or sealed_query.unseal(actor, request.GET.get("s", ""))).strip()[
        :_LONGEST
    ]
    walk.usable_tokens(actor)
    known = directory.known(actor)
    entries, count = directory.search(known, text, _LISTED)
    look = deep_search.under_way(actor, text) if text else None
    back = request.get_full_path()
    context = {
        "text": text,
        "known": known,
        "results": [_result(entry) for entry in entries],
        "count": count,
        "hits": [_hit(hit) for hit in look.hits] if look else [],
        "look": Told(look.progress, back) if look else None,
        "can_look": known.progress.is_finished and directory.may_be_inside(text),
        "scan": Told(known.progress, back),
        "back": back,
    }
    return render(request, "billing/scans/search/show.html", context)


# It asks by itself while a walk goes on, so it keeps no session alive.
@page(Permission.BILLING_READ, methods=("POST",), is_background=True)
def suggest(request: PageRequest) -> HttpResponse:
    """The first few for what is typed so far, with a step of the directory as long as it is not complete."""
    actor = actor_of(request)
    text = request.POST.get("q", "").strip()[:_LONGEST]
    known = directory.known(actor)
    if not known.progress.is_finished and not known.progress.is_stopped:
        walk.advance(actor, store.DIRECTORY, seconds=1)
        known = directory.known(actor)
    entries, count = directory.search(known, text, _SUGGESTED)
    context = {
        "text": text,
        "known": known,
        "results": [_result(entry) for entry in entries],
        "count": count,
        "more": count - len(entries),
        "can_look": known.progress.is_finished and not count and directory.may_be_inside(text),
        "scan": Told(known.progress),
    }
    return render(request, "billing/scans/search/suggestions.html", context)


def _result(entry: Entry) -> Result:
    if not entry.is_account:
        return Result(entry, _address("billing-accounts", entry.id), "Workspace")
    return Result(entry, account_address(entry), "Billing account")


def _hit(hit: Hit) -> Result:
    """The page of what was found, or of its account."""
    ids = (hit.account.workspace_id, hit.account.id)
    is_method = hit.kind == "payment_method"
    own = _address("payment-methods", *ids) if is_method else _address(hit.kind, *ids, hit.id)
    word = hit.kind.replace("_", " ").capitalize()
    return Result(hit.account, own or account_address(hit.account), word, hit.id)


def account_address(entry: Entry) -> str:
    """The page of an account; nothing for one without an id."""
    return _address("billing-account", entry.workspace_id, entry.id)


def _address(name: str, *ids: str) -> str:
    try:
        return reverse(name, args=ids) if all(ids) else ""
    except NoReverseMatch:
        return ""
