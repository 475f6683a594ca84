"""The open invoices of a billing account, by days late. Their URL is `aging/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.invoices.invoice_data import read_for_summary
from billing.pages.invoices.table import invoice_url
from billing.pages.tables import exports
from billing.pages.tables.paging import page_of
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.invoices.aging import CurrencyAging, Item, aging_by_currency
from billing.services.reminders.payment_links import payment_link

# Each has a table of totals, so a page has fewer invoices.
_MAX_CURRENCIES: Final = 5


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the page, or its rows as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    invoice_list, context = read_for_summary(request, account)
    parts = aging_by_currency(invoice_list.invoices, timezone.get_current_timezone(), timezone.now())
    if exports.format_of(request):
        incomplete = "" if invoice_list.is_complete else "Not all invoices of the account were read."
        return exports.download(request, _table(parts, billing_account_id, incomplete))
    items = [(part, item) for part in parts for item in part.items]
    page_obj = page_of(request, items, 50 if len(parts) <= _MAX_CURRENCIES else 10)
    shown: dict[str, list[tuple[Item, str]]] = {}
    for part, item in page_obj:
        shown.setdefault(part.currency, []).append((item, invoice_url(item.invoice, **account)))
    # Totals cover every page; of many currencies, only those on this page are shown.
    visible = [part for part in parts if part.currency in shown or len(parts) <= _MAX_CURRENCIES]
    context |= {"parts": [(part, shown.get(part.currency)) for part in visible], "page_obj": page_obj}
    context["has_links"] = any(payment_link(item.invoice) for _, item in page_obj)
    return render(request, "billing/invoices/aging/aging.html", context)


def _table(parts: Sequence[CurrencyAging], billing_account_id: str, incomplete: str) -> Table[Item]:
    columns: tuple[Column[Item], ...] = (
        Column("number", "Invoice", lambda item: item.invoice.number),
        Column("id", "Invoice ID", lambda item: item.invoice.id, Kind.ID),
        Column("due", "Due", lambda item: item.invoice.due_date, Kind.DAY),
        Column("days", "Days late", lambda item: item.days_late, Kind.INTEGER),
        Column("bucket", "Age", lambda item: item.bucket.value),
        Column("total", "Total", lambda item: Amount(item.invoice.total, item.invoice.currency), Kind.MONEY),
        Column(
            "paid", "Paid", lambda item: Amount(item.invoice.amount_paid, item.invoice.currency), Kind.MONEY
        ),
        Column(
            "remaining", "Remaining", lambda item: Amount(item.remaining, item.invoice.currency), Kind.MONEY
        ),
    )
    rows = [item for part in parts for item in part.items]
    return Table("aging", "Open invoices", columns, rows, about=(billing_account_id,), incomplete=incomplete)
