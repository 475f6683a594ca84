"""A bill of an account, divided among the organizations that cause it. The URL is `costs/`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.resources.invoices import Invoice
from billing.pages.costs.table import costs_table
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.invoices.invoice_data import INVOICE_ID, NO_SUCH_INVOICE
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services.billing_accounts.reads import ORGANIZATIONS, SUBSCRIPTIONS, WORKSPACE, page_reads
from billing.services.costs.bills import Bills, Month, find_bills, month_of
from billing.services.costs.division import Part, divide_bills
from billing.services.costs.products import products_by_price
from billing.services.invoices.explanation import name_of
from billing.services.invoices.settlement import credited_later
from billing.services.workspaces.paid_usage import paid_usage

_MONTH: Final = re.compile(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])")
_CHOICES: Final = 36


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the parts of an invoice, or of all invoices of a month, or return them as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    zone, month = timezone.get_current_timezone(), _month_in(request)
    invoice_id = "" if month else _invoice_id_in(request)
    bills = find_bills(actor_of(request), **account, invoice_id=invoice_id, month=month, zone=zone)
    if bills.is_missing:
        return show(request, NO_SUCH_INVOICE)
    reads = page_reads(workspace_id, billing_account_id, (WORKSPACE, ORGANIZATIONS, SUBSCRIPTIONS))
    results = answers.read(request, workspace_id, reads)
    shown = {name: answers.required(result) for name, result in results.items()}
    values = {name: one.answer.value for name, one in shown.items()}
    usage = paid_usage(values[WORKSPACE], billing_account_id, values[ORGANIZATIONS])
    parts = divide_bills(bills.bills, usage, products_by_price(values[SUBSCRIPTIONS].items))
    about = [f"{month[0]}-{month[1]:02}"] if month else [one.id or "" for one in bills.invoices]
    table = costs_table(parts, account, about, " ".join(bills.problems))
    if (reason := answers.copy_reason(request, bills.invoice_list.copy_error)) is None:
        reason = next((one.copy_reason for one in shown.values() if one.copy_reason), None)
    if exports.format_of(request):
        return exports.download(request, table)
    first = bills.invoices[0] if bills.invoices else None
    context = {
        **account,
        "bills": bills,
        "chosen": None if month else first,
        "month": date(*month, 1) if month else None,
        "month_of_invoice": _first_day(month_of(first.created_at, zone)) if first and not month else None,
        "choices": _choices(bills),
        "totals": _totals(bills, parts),
        "table": page_table(request, table),
        "usage": usage,
        "used_at": shown[ORGANIZATIONS].answer.received_at,
        "credited_later": [one for one in bills.invoices if credited_later(one)],
        "answer": min([bills.invoice_list, *(one.answer for one in shown.values())], key=_age),
        "copy_reason": reason,
    }
    return render(request, "billing/costs/detail.html", context)


def _invoice_id_in(request: PageRequest) -> str:
    invoice_id = request.GET.get("invoice", "")
    if invoice_id and not INVOICE_ID.fullmatch(invoice_id):
        raise InvalidIdentifier("invoice")
    return invoice_id


def _month_in(request: PageRequest) -> Month | None:
    text = request.GET.get("month", "")
    found = _MONTH.fullmatch(text)
    if text and found is None:
        raise Http404
    return (int(found[1]), int(found[2])) if found else None


def _first_day(month: Month | None) -> date | None:
    return date(*month, 1) if month else None


def _choices(bills: Bills) -> list[tuple[Invoice, str]]:
    """Return the newest finalized invoices, and the one that is divided."""
    chosen = bills.invoices if len(bills.invoices) == 1 else ()
    rows = bills.offered[:_CHOICES]
    return [(one, name_of(one)) for one in (*rows, *(one for one in chosen if one not in rows)) if one.id]


def _totals(bills: Bills, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return the sums of each currency, which are those of its bills."""
    rows, found = tuple(parts), []
    for currency in sorted({part.currency for part in rows}):
        own = [part for part in rows if part.currency == currency]
        found.append(
            {
                "currency": currency,
                "total": sum(part.total for part in own),
                "credit": sum(part.credit for part in own),
                "due": sum(part.due for part in own),
                "assigned": sum(part.due for part in own if part.organization),
                "not_assigned": sum(part.due for part in own if not part.organization),
            }
        )
    return found


def _age(answer: Any) -> Any:
    return answer.received_at
