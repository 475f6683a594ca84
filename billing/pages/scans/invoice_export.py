"""The invoices of all accounts of a queue as one file: read with a progress bar, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.scans.progress_text import Told
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table, Value
from billing.roles import Permission
from billing.services.scans import account_filter, invoice_export, queues
from billing.services.scans.account_filter import WrongFilter
from billing.services.scans.invoice_export import Line
from billing.services.scans.queues import QUEUES
from billing.services.scans.results import Progress

_AMOUNTS: Final[tuple[tuple[str, str, Callable[[Line], int | None]], ...]] = (
    ("subtotal", "Subtotal", lambda row: row.invoice.subtotal),
    ("discount", "Discount", lambda row: row.invoice.discount_amount),
    ("tax", "Tax", lambda row: row.invoice.tax),
    ("total", "Total", lambda row: row.invoice.total),
    ("paid", "Paid", lambda row: row.invoice.amount_paid),
    ("amount_due", "Amount due", lambda row: row.invoice.amount_due),
)


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def show(request: PageRequest, key: str) -> HttpResponseBase:
    """What is to be read, how far it is, and at the end the file. POST begins."""
    queue = QUEUES.get(key)
    if queue is None:
        raise Http404
    actor, now, back = actor_of(request), timezone.localtime(), request.get_full_path()
    text = request.GET.get("q", "").strip()
    facts = queues.known(actor, now)
    try:
        wanted = account_filter.parse(text, facts.statuses)
    except WrongFilter:
        return redirect(f"{reverse('queue', args=[key])}?{request.GET.urlencode()}")
    name = f"{key} {text}"
    if request.method == "POST":
        invoice_export.begin(actor, queue, wanted, name, now)
        return redirect(back)
    progress = invoice_export.under_way(actor, name)
    table = _table(invoice_export.lines(actor, progress) if progress else iter(()), progress)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "queue": queue,
        "text": text,
        "count": len(facts.rows(queue, wanted, now)),
        "is_ready": facts.progress.is_finished,
        "facts": Told(facts.progress, back),
        "scan": Told(progress, back) if progress else None,
        # The page draws the ways to the file, and none of its rows.
        "table": page_table(request, replace(table, rows=())),
        "list": f"{reverse('queue', args=[key])}?{request.GET.urlencode()}",
    }
    return render(request, "billing/scans/queues/invoices.html", context)


def _table(rows: Iterator[Line], progress: Progress | None) -> Table[Line]:
    def column(key: str, title: str, value: Callable[[Line], Value], kind: Kind = Kind.TEXT) -> Column[Line]:
        return Column(key, title, value, kind, is_sortable=False)

    def amount(key: str, title: str, value: Callable[[Line], int | None]) -> Column[Line]:
        return column(key, title, lambda row: Amount(value(row), row.invoice.currency), Kind.MONEY)

    columns = (
        column("account", "Account", lambda row: row.account.name),
        column("account_id", "Billing account id", lambda row: row.account.id, Kind.ID),
        column("workspace", "Workspace", lambda row: row.account.workspace_name),
        column("workspace_id", "Workspace id", lambda row: row.account.workspace_id, Kind.ID),
        column("number", "Invoice", lambda row: row.invoice.number),
        column("status", "Status", lambda row: row.invoice.status),
        column("created", "Created", lambda row: row.invoice.created_at, Kind.DAY),
        column("due", "Due", lambda row: row.invoice.due_date, Kind.DAY),
        *(amount(*one) for one in _AMOUNTS),
        column("id", "Invoice id", lambda row: row.invoice.id, Kind.ID),
    )
    as_of = progress.started_at if progress else None
    return Table(
        "invoices-of-accounts", "Invoices", columns, rows, incomplete=_why_incomplete(progress), as_of=as_of
    )


def _why_incomplete(progress: Progress | None) -> str:
    if progress is None or not progress.is_finished:
        return "Not every invoice has been read yet."
    failed = [one.what for one in progress.not_read]
    if not failed:
        return ""
    more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
    return f"The invoices of these could not be read: {', '.join(failed[:5])}{more}."
