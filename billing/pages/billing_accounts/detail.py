"""A billing account's page, and each of its panels alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.altostrat.errors import TokenRejected
from billing.pages.billing_accounts.headline import NEEDS, headline_of
from billing.pages.billing_accounts.money_panels import has_open
from billing.pages.billing_accounts.panel_data import INSIDES
from billing.pages.billing_accounts.panels import PANELS, Panel, Sight, panel_of
from billing.pages.billing_accounts.share import calls_of, ticket_of
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    AT_ONCE,
    SUBSCRIPTIONS,
    TRIAL,
    is_subscribed,
    lately,
    previews_of,
    proofs,
    reads_of,
    refusal_of,
)
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Failed, Result

# A panel that takes longer comes by itself: the page does not wait for it.
_PAGE_WAITS_SECONDS: Final = 2.5
# What needs an answer first is asked at once only where answers come fast.
_SECOND_ROUND_WITHIN_SECONDS: Final = 0.5
_HEADLINE: Final = "headline"
# What a subscription's panel would like to know, too: what one of each product costs.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "subscriptions": ("invoices",),
}


@page(Permission.BILLING_READ)
def retrieve(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The whole page. What refuses the account refuses the page; when nothing of the account can be read, neither can
    the page; anything else breaks its own panel."""
    started = time.monotonic()
    sight = _read(request, workspace_id, billing_account_id, AT_ONCE, _PAGE_WAITS_SECONDS)
    _require_something(sight)
    left = _SECOND_ROUND_WITHIN_SECONDS - (time.monotonic() - started)
    previews, sight = _second_round(sight, left)
    headline = headline_of(sight, previews)
    panels = {key.replace("-", "_"): _panel(sight, key) for key in PANELS if _has(sight, key)}
    context = {
        **_place(sight),
        "headline": headline,
        "panels": panels,
        "ticket": ticket_of(request, sight, headline),
        "calls": calls_of(request, sight),
    }
    return render(request, "billing/billing_accounts/retrieve.html", context)


@page(Permission.BILLING_READ)
def panel(request: PageRequest, workspace_id: str, billing_account_id: str, panel: str) -> HttpResponse:
    """One panel: for htmx its inside, else a page with nothing but it. It waits as long as a call may take."""
    if panel == _HEADLINE:
        return _headline(request, workspace_id, billing_account_id)
    if panel not in PANELS:
        raise Http404
    names = {*PANELS[panel].needs, *_ALSO.get(panel, ())}
    if PANELS[panel].is_local:
        actor = actor_of(request)
        results = proofs(actor, workspace_id, billing_account_id)
        sight = Sight(actor, workspace_id, billing_account_id, results, timezone.localtime())
    else:
        sight = _read(request, workspace_id, billing_account_id, names)
    _require_token(sight)
    shown = _panel(sight, panel)
    template = "panels/frame/inside.html" if request.htmx else "panel_page.html"
    context = {**_place(sight), "panel": shown}
    response = render(request, f"billing/billing_accounts/{template}", context, status=shown.status)
    if shown.failure is not None and shown.failure.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(shown.failure.retry_after_seconds)
    return response


def _headline(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """How it stands. For htmx, with what is taken along, told from what the panels have just read."""
    is_again = bool(request.htmx)
    sight = _read(request, workspace_id, billing_account_id, NEEDS, is_again=is_again)
    _require_token(sight)
    headline = headline_of(sight, _previews(sight, None, is_again=is_again))
    context = {**_place(sight), "headline": headline, "ticket": ticket_of(request, sight, headline)}
    template = "headline/headline_again.html" if is_again else "headline/headline_page.html"
    return render(request, f"billing/billing_accounts/{template}", context)


def _read(
    request: PageRequest,
    workspace_id: str,
    billing_account_id: str,
    names: Iterable[str],
    wait_seconds: float | None = None,
    *,
    is_again: bool = False,
) -> Sight:
    """Reads; with `is_again` only what was not read a moment ago."""
    actor = actor_of(request)
    reads = reads_of(workspace_id, billing_account_id, names)
    results: dict[str, Result] = lately(actor, workspace_id, reads) if is_again else {}
    missing = {name: one for name, one in reads.items() if name not in results}
    if missing:
        results |= concurrent.read(
            actor, workspace_id, missing, wait_seconds=wait_seconds, picks_up=wait_seconds is None
        )
    return Sight(actor, workspace_id, billing_account_id, results, timezone.localtime())


def _require_something(sight: Sight) -> None:
    """Raises what speaks about the account as a whole."""
    _require_token(sight)
    account = sight.results[ACCOUNT]
    error = refusal_of(account)
    if error is None and isinstance(account, Failed):
        nothing = all(isinstance(sight.results[name], Failed) for name in NEEDS)
        error = account.error if nothing else None
    if error is not None:
        raise error


def _require_token(sight: Sight) -> None:
    """Raises TokenRejected when any of the reads was: the token is no good for the others either."""
    for result in sight.results.values():
        if isinstance(result, Failed) and isinstance(result.error, TokenRejected):
            raise result.error


def _second_round(sight: Sight, left_seconds: float) -> tuple[dict[str, Result] | None, Sight]:
    """The next bills, and the trial where nothing is subscribed, if there is time; else their places ask for them."""
    # Half of what was left is gone with a first round of usual length: only a fast one leaves enough for a second.
    if left_seconds < _SECOND_ROUND_WITHIN_SECONDS / 2 or sight.items(SUBSCRIPTIONS) is None:
        return None, sight
    if not _offers_trial(sight):
        return _previews(sight, left_seconds), sight
    reads = reads_of(sight.workspace_id, sight.billing_account_id, (TRIAL,))
    found = concurrent.read(sight.actor, sight.workspace_id, reads, wait_seconds=left_seconds)
    return {}, Sight(
        sight.actor,
        sight.workspace_id,
        sight.billing_account_id,
        {**sight.results, **found},
        sight.now,
    )


def _previews(
    sight: Sight, wait_seconds: float | None, *, is_again: bool = False
) -> dict[str, Result] | None:
    """The next bills by subscription; None when one of them is late, so that all are asked for again."""
    reads = previews_of(sight.workspace_id, sight.billing_account_id, sight.items(SUBSCRIPTIONS) or ())
    found = lately(sight.actor, sight.workspace_id, reads) if is_again else {}
    missing = {name: one for name, one in reads.items() if name not in found}
    if missing:
        found |= concurrent.read(
            sight.actor, sight.workspace_id, missing, wait_seconds=wait_seconds, picks_up=wait_seconds is None
        )
    return None if any(isinstance(result, concurrent.Late) for result in found.values()) else found


def _offers_trial(sight: Sight) -> bool:
    subscriptions = sight.items(SUBSCRIPTIONS)
    return subscriptions is not None and not is_subscribed(subscriptions)


def _has(sight: Sight, key: str) -> bool:
    """Whether a panel has anything to say of this account."""
    match key:
        case "trial":
            return _offers_trial(sight)
        case "ageing":
            return has_open(sight)
    return True


def _panel(sight: Sight, key: str) -> Panel:
    return panel_of(sight, key, INSIDES[key])


def _place(sight: Sight) -> dict[str, Any]:
    account = sight.value(ACCOUNT)
    name = account.name if account is not None else None
    return {
        "workspace_id": sight.workspace_id,
        "billing_account_id": sight.billing_account_id,
        "account": account,
        "title": name or sight.billing_account_id,
    }
