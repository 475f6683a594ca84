"""Walks over everything a person's tokens see: a step for each request of the browser, its progress, and its end."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import safe_next
from billing.pages.scans.progress_text import Told
from billing.roles import Permission
from billing.services.scans import run as walk
from billing.services.scans import store

# Where what was found is shown, unless the request says otherwise.
_PLACES: Final = {
    store.DIRECTORY: "search",
    store.LOOK: "search",
    store.FACTS: "queues",
    store.INVOICES: "queues",
}
# What is begun anew with it: a queue is as old as the directory it was made from, and knows what that could not read.
_AGAIN: Final = {
    store.DIRECTORY: (store.DIRECTORY, store.FACTS),
    store.LOOK: (store.LOOK,),
    store.FACTS: (store.FACTS, store.DIRECTORY),
    store.INVOICES: (store.INVOICES,),
}


@page(Permission.BILLING_READ, is_background=True)
def step(request: PageRequest, kind: str) -> HttpResponse:
    """Does the next step and tells how far it is; at the end, the way to what was found.

    Without a script the page asks for the next step by itself, or by its link.
    """
    back = _back(request, kind)
    progress = walk.advance(actor_of(request), kind)
    if progress.kind == kind and (progress.is_finished or not progress.has_begun):
        return HttpResponseClientRedirect(back) if request.htmx else redirect(back)
    context = {"scan": Told(progress, back), "kind": kind}
    return render(request, f"billing/scans/progress/{'progress' if request.htmx else 'show'}.html", context)


@page(Permission.BILLING_READ, methods=("POST",))
def stop(request: PageRequest, kind: str) -> HttpResponse:
    """Holds it; what was found so far stays."""
    back = _back(request, kind)
    for one in {kind, store.DIRECTORY}:
        store.stop(actor_of(request), one)
    return redirect(back)


@page(Permission.BILLING_READ, methods=("POST",))
def go_on(request: PageRequest, kind: str) -> HttpResponse:
    """Lets it go on where it was stopped."""
    back = _back(request, kind)
    for one in {kind, store.DIRECTORY}:
        store.go_on(actor_of(request), one)
    return redirect(back)


@page(Permission.BILLING_READ, methods=("POST",))
def again(request: PageRequest, kind: str) -> HttpResponse:
    """Forgets what was found, so that it is found anew."""
    back = _back(request, kind)
    store.discard(actor_of(request), *_AGAIN[kind])
    return redirect(back)


def _back(request: PageRequest, kind: str) -> str:
    if kind not in _PLACES:
        raise Http404
    return safe_next(request, reverse(_PLACES[kind]))
