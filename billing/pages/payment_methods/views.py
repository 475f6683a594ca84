"""The payment methods of a billing account."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.payment_methods.table import payment_methods_table
from billing.pages.rendering.facts import undocumented_fields
from billing.pages.tables import answers, exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.billing_accounts import reads as account_reads
from billing.services.changes.kinds.payment_methods import RUNNING, add_blocked_reason, detach_blocked_reason
from billing.services.reads import Read


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the payment methods, the default first; at most five."""
    reads: dict[str, Read[Any]] = {
        "all": account_reads.payment_methods(workspace_id, billing_account_id),
        "subscriptions": account_reads.subscriptions(workspace_id, billing_account_id),
    }
    results = answers.read(request, workspace_id, reads)
    shown = answers.required(results["all"])
    subscriptions = answers.optional(results["subscriptions"], shown)
    table = payment_methods_table(billing_account_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    today = timezone.localdate()
    # If the subscriptions are unknown, nothing is blocked: the review reads them again, and Altostrat decides.
    running = sum(row.status in RUNNING for row in subscriptions.value.items) if subscriptions else 0
    methods = sorted(shown.answer.value.items, key=lambda method: not method.is_default)
    count = len(methods) + bool(shown.answer.value.has_more)
    page_obj = page_of(request, methods)
    context: dict[str, Any] = {
        "table": downloads(request, table),
        "page_obj": page_obj,
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "methods": [
            (
                method,
                _has_expired(method.exp_year, method.exp_month, (today.year, today.month)),
                undocumented_fields(method.extra),
                detach_blocked_reason(count=count, is_default=bool(method.is_default), running=running),
            )
            for method in page_obj
        ],
        "add_blocked_reason": add_blocked_reason(len(methods)),
        "has_default": any(method.is_default for method in methods),
    }
    return render(request, "billing/payment_methods/index.html", context)


def _has_expired(year: int | None, month: int | None, now: tuple[int, int]) -> bool:
    """Return whether a card has expired. It is valid until the last day of its month."""
    return year is not None and month is not None and (year, month) < now
