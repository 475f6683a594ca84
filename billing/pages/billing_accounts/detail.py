"""The page of a billing account, and the page of each panel."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from billing.altostrat.errors import TokenRejected
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.billing_accounts.headline import NEEDS, Headline, headline_of
from billing.pages.billing_accounts.money_panels import has_open
from billing.pages.billing_accounts.panel_data import PANEL_DATA
from billing.pages.billing_accounts.panels import PANELS, Panel, panel_of
from billing.pages.billing_accounts.share import api_calls, ticket_summary
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering.paths import path_of
from billing.pages.scans.neighbors import origin_of
from billing.roles import Permission
from billing.services.billing_accounts.access import read_evidence, refusal_in
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    FIRST_READS,
    INVOICES,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
)
from billing.services.billing_accounts.status import RUNNING
from billing.services.reads import Failed, Result

# The page does not wait for a slower panel, which then loads from its own URL.
_PAGE_WAIT_SECONDS: Final = 2.5
# The page includes reads that depend on the first ones only if Altostrat answers this fast.
_SECOND_ROUND_WITHIN_SECONDS: Final = 0.5
_HEADLINE: Final = "headline"
_SHARE: Final = "share"
# Reads that a panel uses if they are available. Unit prices come from invoices.
_OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {"subscriptions": (INVOICES,)}


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the whole page.

    It fails if Altostrat refuses the account, or if nothing of the account can be read. Any other error affects only
    one panel.
    """
    started = time.monotonic()
    data = AccountData(actor_of(request), workspace_id, billing_account_id)
    data.read(FIRST_READS, wait_seconds=_PAGE_WAIT_SECONDS, meanwhile=data.load_portal_data)
    _require_any(data)
    frame = _Frame(request, data)
    left_seconds = _SECOND_ROUND_WITHIN_SECONDS - (time.monotonic() - started)
    next_bills = _second_round(data, left_seconds, frame)
    return HttpResponse(frame.around(headline_of(data, next_bills)))


@page(Permission.BILLING_READ)
def panel(request: PageRequest, workspace_id: str, billing_account_id: str, panel: str) -> HttpResponse:
    """Show one panel: its content for htmx, else its own page. It waits until the call ends."""
    if panel in (_HEADLINE, _SHARE):
        return _status(request, workspace_id, billing_account_id, panel)
    if panel not in PANELS:
        raise Http404
    account = (actor_of(request), workspace_id, billing_account_id)
    if PANELS[panel].is_local:
        data = AccountData(*account, read_evidence(*account))
    else:
        data = AccountData(*account)
        names = {*PANELS[panel].needs, *_OPTIONAL.get(panel, ())}
        # Only the page of the panel has not shown a copy yet.
        data.read(names, reuse_recent=True, is_patient=bool(request.htmx))
    _require_token(data)
    shown = _panel(data, panel)
    template = "panels/frame/content.html" if request.htmx else "panel_page.html"
    context = {**_account_context(data), "panel": shown}
    response = render(request, f"billing/billing_accounts/{template}", context, status=shown.status)
    if shown.failure is not None and shown.failure.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(shown.failure.retry_after_seconds)
    return response


def _status(request: PageRequest, workspace_id: str, billing_account_id: str, panel: str) -> HttpResponse:
    """Return the account status, or a summary of it to share. For htmx, it uses what the panels have just read."""
    is_update = bool(request.htmx)
    data = AccountData(actor_of(request), workspace_id, billing_account_id)
    options = {"reuse_recent": True, "reuse_copies": is_update, "is_patient": is_update}
    data.read(NEEDS, **options)
    if is_update and panel == _HEADLINE:
        _require_token(data)
    else:
        _require_any(data)
    headline = headline_of(data, data.read_next_bills(**options))
    context = {**_account_context(data), "headline": headline}
    if panel == _SHARE:
        context |= {"ticket": ticket_summary(request, data, headline), "calls": api_calls(request, data)}
    template = "content" if is_update else "page"
    return render(request, f"billing/billing_accounts/{panel}/{template}.html", context)


def _require_any(data: AccountData) -> None:
    """Raise the refusal of the token or the account, or the error of the account if nothing could be read."""
    _require_token(data)
    account, refusal = data.results[ACCOUNT], refusal_in(data.results)
    if refusal is not None:
        raise refusal
    if isinstance(account, Failed) and all(isinstance(data.results[name], Failed) for name in NEEDS):
        raise account.error


def _require_token(data: AccountData) -> None:
    """Raise TokenRejected if one of the reads did, because the token cannot be used for the others either."""
    for result in data.results.values():
        if isinstance(result, Failed) and isinstance(result.error, TokenRejected):
            raise result.error


class _Frame:
    """The page around its account status. Only that needs the next bills, so the rest is rendered while these are in
    flight."""

    # No value can contain it, because they are escaped.
    _STATUS: Final = SafeString("<!-- account status -->")

    def __init__(self, request: PageRequest, data: AccountData) -> None:
        self._request, self._data = request, data

    @cached_property
    def html(self) -> str:
        keys = [key for key in PANELS if _is_shown(self._data, key)]
        context = {
            **_account_context(self._data),
            "panels": {key.replace("-", "_"): _panel(self._data, key) for key in keys},
            "is_favorite": self._data.is_favorite,
            "origin": origin_of(self._request.GET.dict()),
            "status": self._STATUS,
            "status_url": self._data.panel_url(_HEADLINE),
            "share_url": self._data.panel_url(_SHARE),
        }
        return render_to_string("billing/billing_accounts/detail.html", context, self._request)

    def around(self, headline: Headline) -> str:
        """Return the whole page."""
        status = render_to_string("billing/billing_accounts/headline/content.html", {"headline": headline})
        # Most links are below the page's own address, so relative ones save a tenth of the page.
        path = path_of("billing-account", *self._data.ids)
        page = self.html.replace(self._STATUS, status)
        return page.replace(f'="{path}"', '="./"').replace(f'="{path}', '="')


def _second_round(data: AccountData, left_seconds: float, frame: _Frame) -> dict[str, Result] | None:
    """Read the next bills, or the trial if there is no subscription. None if the page has to request them later."""
    # A first round of the usual length uses half of the time, so only a fast one leaves enough for a second.
    if left_seconds < _SECOND_ROUND_WITHIN_SECONDS / 2 or data.items(SUBSCRIPTIONS) is None:
        return None
    if not _offers_trial(data):
        return data.read_next_bills(wait_seconds=left_seconds, meanwhile=lambda: frame.html)
    data.read((TRIAL,), wait_seconds=left_seconds)
    return {}


def _offers_trial(data: AccountData) -> bool:
    subscriptions = data.items(SUBSCRIPTIONS)
    return subscriptions is not None and not any(one.status in RUNNING for one in subscriptions)


def _is_shown(data: AccountData, key: str) -> bool:
    """Return whether a panel has anything to show for this account."""
    match key:
        case "trial":
            return _offers_trial(data)
        case "aging":
            return has_open(data)
    return True


def _panel(data: AccountData, key: str) -> Panel:
    return panel_of(data, key, PANEL_DATA[key])


def _account_context(data: AccountData) -> dict[str, Any]:
    account = data.value(ACCOUNT)
    name = account.name if account is not None else None
    return {
        "workspace": data.value(WORKSPACE),
        "workspace_id": data.workspace_id,
        "billing_account_id": data.billing_account_id,
        "account": account,
        "title": name or data.billing_account_id,
    }
