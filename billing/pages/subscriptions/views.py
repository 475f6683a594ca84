"""The subscriptions of a billing account: the list, and one of them."""

from __future__ import annotations

from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.resources.subscriptions import Subscription
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.invoices.table import invoice_url
from billing.pages.rendering.facts import facts_of, sent_object, undocumented_fields
from billing.pages.subscriptions.table import subscriptions_table
from billing.pages.tables import answers, exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.billing_accounts import reads as account_reads
from billing.services.billing_accounts.status.statements import RUNNING
from billing.services.changes.kinds.subscriptions import MAX_RUNNING
from billing.services.invoices import page as invoice_pages
from billing.services.invoices.unit_prices import unit_amounts
from billing.services.reads import Read

# Unit prices are taken from this many of the newest invoices.
_INVOICES: Final = 24


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    reads = {"all": account_reads.subscriptions(workspace_id, billing_account_id)}
    shown = answers.required(answers.read(request, workspace_id, reads)["all"])
    table = subscriptions_table(billing_account_id, shown.answer)
    if exports.format_of(request):
        return exports.download(request, table)
    context: dict[str, Any] = {
        "table": downloads(request, table),
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "page_obj": page_of(request, shown.answer.value.items),
        "is_full": sum(one.status in RUNNING for one in shown.answer.value.items) >= MAX_RUNNING,
    }
    return render(request, "billing/subscriptions/index.html", context)


@page(Permission.BILLING_READ)
def detail(
    request: PageRequest, workspace_id: str, billing_account_id: str, subscription_id: str
) -> HttpResponseBase:
    """Show every field of one subscription, with unit amounts from the newest invoices if those are available."""
    account_ids: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    reads: dict[str, Read[Any]] = {
        "subscription": account_reads.subscription(**account_ids, subscription_id=subscription_id),
        "invoices": invoice_pages.page_of(**account_ids, limit=_INVOICES),
    }
    results = answers.read(request, workspace_id, reads)
    shown, invoices = answers.required(results["subscription"]), results["invoices"].answer
    subscription: Subscription = shown.answer.value
    prices = unit_amounts(invoices.value.items if invoices else ())
    context: dict[str, Any] = {
        **account_ids,
        "subscription_id": subscription_id,
        "answer": shown.answer,
        "copy_reason": shown.copy_reason,
        "subscription": subscription,
        "facts": facts_of(subscription, sent_object(shown.answer.body)),
        "products": [
            (
                name,
                item,
                price,
                price and invoice_url(price.invoice, **account_ids),
            )
            for name, item in (subscription.product_quantities or {}).items()
            for price in [prices.get(item.price_id or "")]
        ],
        "knows_prices": invoices is not None,
        "metadata": undocumented_fields(subscription.metadata or {}),
        "more": undocumented_fields(subscription.extra),
    }
    return render(request, "billing/subscriptions/detail.html", context)
