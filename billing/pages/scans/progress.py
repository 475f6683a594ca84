"""The steps of a scan, each requested by the browser, and the buttons that stop, resume and restart it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import safe_next
from billing.pages.scans.scan_progress import ScanProgress
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.scans import background, store

# The page that shows the results, unless the request names another one.
_RESULT_PAGES: Final = {
    store.ACCOUNT_LIST: "search",
    store.ACCOUNT_DETAILS: "queues",
    store.INVOICES: "queues",
    store.PREVIEWS: "report-expected-bills",
}
# A queue is based on the list of accounts, so both are restarted together.
_RESTARTED: Final = {
    store.ACCOUNT_LIST: (store.ACCOUNT_LIST, store.ACCOUNT_DETAILS),
    store.ACCOUNT_DETAILS: (store.ACCOUNT_DETAILS, store.ACCOUNT_LIST),
    store.INVOICES: (store.INVOICES,),
    store.PREVIEWS: (store.PREVIEWS,),
}


@page(Permission.BILLING_READ, is_background=True)
def step(request: PageRequest, kind: str) -> HttpResponse:
    """Do the next step and show the progress; at the end, redirect to the results.

    Without scripts the page refreshes itself, or its link requests the next step.
    """
    destination = _destination(request, kind)
    progress = background.advance(actor_of(request), kind)
    if progress.kind == kind and (progress.is_finished or not progress.has_begun):
        return HttpResponseClientRedirect(destination) if request.htmx else redirect(destination)
    context = {"scan": ScanProgress(progress, destination), "kind": kind}
    template = "progress" if request.htmx else "detail"
    return render(request, f"billing/scans/progress/{template}.html", context)


@page(Permission.BILLING_READ, methods=("POST",))
def stop(request: PageRequest, kind: str) -> HttpResponse:
    """Pause a scan. Its results so far are kept."""
    return _change_state(request, kind, store.stop)


@page(Permission.BILLING_READ, methods=("POST",))
def resume(request: PageRequest, kind: str) -> HttpResponse:
    answer = _change_state(request, kind, store.resume)
    background.start(actor_of(request), kind)
    return answer


@page(Permission.BILLING_READ, methods=("POST",))
def restart(request: PageRequest, kind: str) -> HttpResponse:
    """Delete the results, so that a worker or the next step starts a new scan."""
    actor, destination = actor_of(request), _destination(request, kind)
    store.discard(actor, *_RESTARTED[kind])
    background.start(actor, kind)
    return redirect(destination)


def _change_state(request: PageRequest, kind: str, change: Callable[[Actor, str], None]) -> HttpResponse:
    destination = _destination(request, kind)
    for one in {kind, store.ACCOUNT_LIST}:
        change(actor_of(request), one)
    return redirect(destination)


def _destination(request: PageRequest, kind: str) -> str:
    if kind not in _RESULT_PAGES:
        raise Http404
    return safe_next(request, reverse(_RESULT_PAGES[kind]))
