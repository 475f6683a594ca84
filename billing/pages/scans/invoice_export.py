"""The invoices of all accounts in a queue as one file. A scan reads them, and there is no incomplete file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.labels import label
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.table import AMOUNTS
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table, Value
from billing.roles import Permission
from billing.services.follow_ups import assignees
from billing.services.scans import account_filter, background, invoice_export, queues, store
from billing.services.scans.account_filter import InvalidFilter
from billing.services.scans.invoice_export import AccountInvoice
from billing.services.scans.queues import QUEUES
from billing.services.scans.results import Progress


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest, key: str) -> HttpResponseBase:
    """Show the progress of the export, and at the end the file. POST starts it."""
    queue = QUEUES.get(key)
    if queue is None:
        raise Http404
    actor, now, page_url = actor_of(request), timezone.localtime(), request.get_full_path()
    text, list_url = request.GET.get("q", "").strip(), reverse("queue", args=[key])
    accounts, name = queues.load(actor, now), invoice_export.name_of(key, text)
    progress = None if request.method == "POST" else invoice_export.current(actor, name)
    try:
        # The accounts may have expired since the export started.
        statuses = None if progress else accounts.statuses
        filtered = account_filter.parse(text, statuses, partial(assignees.by_account, actor))
    except InvalidFilter:
        return redirect(f"{list_url}?{request.GET.urlencode()}")
    if request.method == "POST":
        invoice_export.start(actor, queue, filtered, name, now)
        background.start(actor, store.INVOICES)
        return redirect(page_url)
    table = _table(invoice_export.invoices(actor, progress) if progress else iter(()), progress)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "queue": queue,
        "text": text,
        "count": len(accounts.rows(queue, filtered, now)),
        "is_ready": accounts.progress.is_finished,
        "accounts_scan": ScanProgress(accounts.progress, page_url),
        "scan": ScanProgress(progress, page_url) if progress else None,
        # The page shows the download links, but no rows.
        "table": page_table(request, replace(table, rows=())),
        "list_url": f"{list_url}?{request.GET.urlencode()}",
    }
    return render(request, "billing/scans/queues/invoices.html", context)


@page(Permission.BILLING_READ)
def latest(request: PageRequest) -> HttpResponseBase:
    """Open the person's latest export, or the list of queues if it has expired."""
    key, _, text = invoice_export.latest_name(actor_of(request)).partition(" ")
    if key not in QUEUES:
        return redirect("queues")
    query = f"?{urlencode({'q': text})}" if text else ""
    return redirect(reverse("queue-invoices", args=[key]) + query)


def columns() -> tuple[Column[AccountInvoice], ...]:
    """Return the columns of invoices of several accounts.

    They are not sortable, because a file is written row by row.
    """

    def column(
        key: str, title: str, value: Callable[[AccountInvoice], Value], kind: Kind = Kind.TEXT
    ) -> Column[AccountInvoice]:
        return Column(key, title, value, kind, is_sortable=False)

    def amount(key: str, title: str, minor: Callable[[Invoice], int | None]) -> Column[AccountInvoice]:
        return column(key, title, lambda row: Amount(minor(row.invoice), row.invoice.currency), Kind.MONEY)

    return (
        column("account", "Account", lambda row: row.account.name),
        column("account_id", "Billing account ID", lambda row: row.account.id, Kind.ID),
        column("workspace", "Workspace", lambda row: row.account.workspace_name),
        column("workspace_id", "Workspace ID", lambda row: row.account.workspace_id, Kind.ID),
        column("number", "Invoice", lambda row: row.invoice.number),
        column("status", label("status"), lambda row: row.invoice.status),
        column("created", label("created_at"), lambda row: row.invoice.created_at, Kind.DAY),
        column("due", "Due", lambda row: row.invoice.due_date, Kind.DAY),
        *(amount(*one) for one in AMOUNTS),
        column("id", "Invoice ID", lambda row: row.invoice.id, Kind.ID),
    )


def _table(rows: Iterator[AccountInvoice], progress: Progress | None) -> Table[AccountInvoice]:
    as_of = progress.started_at if progress else None
    return Table(
        "invoices-of-accounts",
        "Invoices",
        columns(),
        rows,
        incomplete="" if progress and progress.is_finished else "Not all invoices have been read yet.",
        as_of=as_of,
        omitted=omissions(progress.not_read) if progress else (),
    )
