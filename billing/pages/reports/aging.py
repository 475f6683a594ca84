"""The open invoices of all accounts, by days late, as a page or a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.table import invoice_url
from billing.pages.reports.aging_parts import NAMES, part_of, summary_of
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.tables import exports
from billing.pages.tables.export_columns import currency_unit
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.dates import format_day, in_zone
from billing.services.invoices.settlement import amount_paid
from billing.services.reports import aging
from billing.services.reports.aging import AgingReport, OwedInvoice
from billing.services.scans import run

_NOT_FINISHED: Final = "Not all accounts have been read yet."


@page(Permission.BILLING_READ)
def detail(request: PageRequest) -> HttpResponseBase:
    """Show the report.

    `?currency=` and `?bucket=` list a part of its invoices. There are no totals before all are read.
    """
    actor = actor_of(request)
    run.usable_tokens(actor)
    report = aging.load(actor, timezone.get_current_timezone(), timezone.now())
    table = _table(report, _selected(request, report))
    if exports.format_of(request):
        return exports.download(request, table)
    parts = [part_of(one) for one in report.currencies] if report.is_complete else []
    context = {
        "report": report,
        "scan": ScanProgress(replace(report.progress, not_read=report.missing), request.get_full_path()),
        "parts": parts,
        "summary": summary_of(parts),
        "table": page_table(request, table),
        "is_selection": bool(request.GET.get("currency") or request.GET.get("bucket")),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/reports/aging/aging.html", context)


def _selected(request: PageRequest, report: AgingReport) -> list[OwedInvoice]:
    currency, bucket = request.GET.get("currency"), request.GET.get("bucket")
    return [
        one
        for one in report.invoices
        if currency in (None, one.item.currency) and bucket in (None, NAMES[one.item.bucket])
    ]


def _table(report: AgingReport, rows: Sequence[OwedInvoice]) -> Table[OwedInvoice]:
    columns: tuple[Column[OwedInvoice], ...] = (
        Column("account_id", "Account id", lambda row: row.account.id, Kind.ID, is_on_page=False),
        Column("invoice_id", "Invoice id", lambda row: row.item.invoice.id, Kind.ID, is_on_page=False),
        Column("number", "Number", lambda row: row.item.invoice.number, link=_link, empty_label="no number"),
        Column(
            "account",
            "Account",
            lambda row: row.account.name,
            template="billing/reports/account_cell.html",
            is_exported=False,
        ),
        Column("currency", "Currency", lambda row: currency_unit(row.item.currency), is_on_page=False),
        # A date without a zone in its heading: the days of this report are those of one zone.
        Column("due", "Due date", _due, show=lambda row: format_day(_due(row) or date.min)),
        Column("days", "Days late", lambda row: row.item.days_late, Kind.INTEGER, empty_label="unknown"),
        Column(
            "bucket",
            "Bucket",
            lambda row: NAMES[row.item.bucket],
            template="billing/reports/aging/bucket.html",
            is_sortable=False,
            is_on_tablets=False,  # the days late say the same
        ),
        _on_page("total", "Total", lambda invoice: invoice.total),
        _on_page("paid", "Paid", amount_paid),
        Column(
            "remaining", "Remaining", lambda row: Amount(row.item.remaining, row.item.currency), Kind.MONEY
        ),
    )
    return Table(
        "aging",
        "Open invoices",
        columns,
        rows,
        incomplete="" if report.progress.is_finished else _NOT_FINISHED,
        as_of=report.progress.started_at,
        omitted=omissions(report.missing),
    )


def _on_page(key: str, title: str, minor: Callable[[Invoice], int | None]) -> Column[OwedInvoice]:
    """Return a column that the file does not have."""
    return Column(
        key,
        title,
        lambda row: Amount(minor(row.item.invoice), row.item.currency),
        Kind.MONEY,
        is_exported=False,
    )


def _link(row: OwedInvoice) -> str:
    return invoice_url(row.item.invoice, row.account.workspace_id, row.account.id)


def _due(row: OwedInvoice) -> date | None:
    due = row.item.invoice.due_date
    return None if due is None else in_zone(due, timezone.get_current_timezone()).date()
