"""The payment methods of a billing account: list."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.payment_methods.table import payment_methods_table
from billing.pages.rendering.facts import undocumented_fields
from billing.pages.tables import answers, exports, listing
from billing.roles import Permission
from billing.services.changes.kinds.payment_methods import RUNNING, why_not_add, why_not_detach
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Read


@page(Permission.BILLING_READ)
def list_all(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """What the account pays with, the default first; five at most."""
    path = {"workspaceId": workspace_id, "billingAccountId": billing_account_id}
    reads: dict[str, Read[Any]] = {
        "all": Read(LIST_PAYMENT_METHODS, path),
        "subscriptions": Read(LIST_SUBSCRIPTIONS, path),
    }
    results = concurrent.read(actor_of(request), workspace_id, reads)
    shown = answers.needed(request, results["all"])
    table = payment_methods_table(billing_account_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    today = timezone.localdate()
    subscriptions = answers.wanted(results["subscriptions"])
    # Not known is no reason: the review reads again, and Altostrat has the last word.
    running = sum(row.status in RUNNING for row in subscriptions.value.items) if subscriptions else 0
    methods = sorted(shown.answer.value.items, key=lambda method: not method.is_default)
    context: dict[str, Any] = {
        "table": listing.shown(request, table),
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "answer": shown.answer,
        "why_kept": shown.why,
        "methods": [
            (
                method,
                _has_expired(method.exp_year, method.exp_month, (today.year, today.month)),
                undocumented_fields(method.extra),
                why_not_detach(count=len(methods), is_default=bool(method.is_default), running=running),
            )
            for method in methods
        ],
        "why_not_add": why_not_add(len(methods)),
        "has_default": any(method.is_default for method in methods),
    }
    return render(request, "billing/payment_methods/list.html", context)


def _has_expired(year: int | None, month: int | None, now: tuple[int, int]) -> bool:
    """A card is good to the last day of its month."""
    return year is not None and month is not None and (year, month) < now
