"""All invoices of all accounts: filtered, with totals per currency, as a page or a file. A scan reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.spend_periods import period_of
from billing.pages.reports.invoice_filter import InvoiceFilter
from billing.pages.scans.invoice_export import columns
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.scans.search_results import account_url
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Table
from billing.roles import Permission
from billing.services.invoices.spend import monthly_spend
from billing.services.invoices.totals import totals
from billing.services.scans import background, invoice_export, queues, results, run, store
from billing.services.scans.account_filter import Filter
from billing.services.scans.invoice_export import AccountInvoice

# The export of all invoices in the queue of all accounts is the same scan.
_NAME: Final = invoice_export.name_of(queues.ALL, "")
_MONTHS: Final = 12
_ON_PAGE: Final[Mapping[str, Mapping[str, Any]]] = {
    "account": {"link": lambda row: account_url(row.account)},
    "workspace": {},
    "number": {"template": "billing/reports/invoices/number.html"},
    "status": {"template": "billing/reports/invoices/status.html"},
    "created": {},
    "due": {},
    "total": {},
    "paid": {},
    "remaining": {},
}


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest) -> HttpResponseBase:
    """Show the selected invoices once all have been read. POST starts to read them.

    With an invalid filter there is no file, because it would contain more than requested.
    """
    actor, now = actor_of(request), timezone.localtime()
    run.usable_tokens(actor)
    if request.method == "POST":
        invoice_export.start(actor, queues.QUEUES[queues.ALL], Filter(), _NAME, now)
        background.start(actor, store.INVOICES)
        return redirect(request.get_full_path())
    progress = invoice_export.current(actor, _NAME)
    is_finished = progress is not None and progress.is_finished
    found = tuple(invoice_export.invoices(actor, progress)) if progress and is_finished else ()
    form = InvoiceFilter(request.GET, invoices=found)
    rows = tuple(filter(form.selection().matches, found))
    table = _table(rows, progress)
    is_refused = bool(exports.format_of(request) and form.errors and is_finished)
    if exports.format_of(request) and not is_refused:
        return exports.download(request, table)
    accounts = results.progress(actor, store.ACCOUNT_DETAILS)
    is_complete = progress is not None and progress.is_complete
    context = {
        "form": form,
        "is_refused": is_refused,
        "scan": ScanProgress(progress, request.get_full_path()) if progress else None,
        "accounts_scan": ScanProgress(accounts, request.get_full_path()),
        "is_complete": is_complete,
        "count": len(rows),
        "table": page_table(request, table),
        "totals": totals(row.invoice for row in rows) if is_complete else (),
        "periods": _periods(rows) if is_complete else [],
        "zone": timezone.get_current_timezone_name(),
    }
    return render(
        request, "billing/reports/invoices/invoices.html", context, status=422 if is_refused else 200
    )


def _periods(rows: Sequence[AccountInvoice]) -> list[Any]:
    spend = monthly_spend((row.invoice for row in rows), timezone.get_current_timezone(), timezone.now())
    return [period_of(currency, _MONTHS) for currency in spend.currencies]


def _table(rows: Sequence[AccountInvoice], progress: results.Progress | None) -> Table[AccountInvoice]:
    shown = tuple(
        replace(column, is_sortable=True, is_on_page=column.key in _ON_PAGE, **_ON_PAGE.get(column.key, {}))
        for column in columns()
    )
    return Table(
        "invoices-of-all-accounts",
        "Invoices",
        shown,
        rows,
        sort="-created",
        incomplete="" if progress and progress.is_finished else "Not all invoices have been read yet.",
        as_of=progress.started_at if progress else None,
        omitted=omissions(progress.not_read) if progress else (),
    )
