"""The expected bills of all accounts, as a page or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.rendering import charts
from billing.pages.rendering.charts import Chart
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.scans.search_results import account_url
from billing.pages.tables import exports
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.reports.expected_bills import (
    WINDOWS,
    ExpectedBill,
    WindowTotal,
    expected_bills,
    start,
    totals,
    without_date,
)
from billing.services.scans import background, results, run, store

_WITHOUT_DATE_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One currency. `key` is unique on the page."""

    key: str
    currency: str
    totals: tuple[WindowTotal, ...]
    charts: tuple[Chart, ...]


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest) -> HttpResponseBase:
    """Show the bills once all have been previewed. POST requests the previews."""
    actor, now = actor_of(request), timezone.localtime()
    run.usable_tokens(actor)
    if request.method == "POST":
        start(actor, now)
        background.start(actor, store.PREVIEWS)
        return redirect(request.get_full_path())
    progress = results.progress(actor, store.PREVIEWS)
    rows = expected_bills(actor, progress, now) if progress.is_finished else ()
    table = _table(rows, progress)
    if exports.format_of(request):
        return exports.download(request, table)
    accounts = results.progress(actor, store.ACCOUNT_DETAILS)
    undated = without_date(actor, now) if progress.is_finished else ()
    context = {
        "scan": ScanProgress(progress, request.get_full_path()),
        "accounts_scan": ScanProgress(accounts, request.get_full_path()),
        "parts": _parts(rows) if progress.is_complete else [],
        "table": page_table(request, table),
        "undated": undated[:_WITHOUT_DATE_SHOWN],
        "more_undated": len(undated[_WITHOUT_DATE_SHOWN:]),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/reports/expected_bills/expected_bills.html", context)


def _parts(rows: Sequence[ExpectedBill]) -> list[Part]:
    by_currency: dict[str, list[WindowTotal]] = {}
    for total in totals(rows):
        by_currency.setdefault(total.currency, []).append(total)
    return [_part(currency, tuple(found)) for currency, found in by_currency.items()]


def _part(currency: str, found: tuple[WindowTotal, ...]) -> Part:
    first, both = found
    columns = [
        (f"0-{WINDOWS[0]}", {"open": first.amount}),
        (f"{WINDOWS[0] + 1}-{WINDOWS[1]}", {"open": both.amount - first.amount}),
    ]
    key = "".join(letter for letter in currency if letter.isalnum() and letter.isascii()) or "none"
    drawn = tuple(charts.column_chart(key, shape, columns, currency) for shape in charts.SHAPES)
    return Part(key, currency, found, drawn)


def _table(rows: Sequence[ExpectedBill], progress: results.Progress) -> Table[ExpectedBill]:
    columns: tuple[Column[ExpectedBill], ...] = (
        Column("account", "Account", lambda row: row.account.name, link=lambda row: account_url(row.account)),
        Column("account_id", "Account id", lambda row: row.account.id, Kind.ID, is_on_page=False),
        Column("workspace", "Workspace", lambda row: row.account.workspace_name),
        Column(
            "subscription_id",
            "Subscription id",
            lambda row: row.subscription.id,
            Kind.ID,
            template="billing/reports/expected_bills/subscription.html",
        ),
        Column("at", "Expected", lambda row: row.at, Kind.DAY),
        Column("days", "Days", lambda row: row.days, Kind.INTEGER),
        Column(
            "amount",
            "Amount",
            lambda row: Amount(row.amount, row.currency),
            Kind.MONEY,
            empty_label="unknown",
        ),
    )
    return Table(
        "expected-bills",
        "Expected bills",
        columns,
        rows,
        incomplete="" if progress.is_finished else "Not all bills have been previewed yet.",
        as_of=progress.started_at,
        omitted=omissions(progress.not_read),
    )
