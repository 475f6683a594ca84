"""Recurring revenue per currency and month with its movements, as a page or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.reports.revenue_parts import code_of, parts_of, title_of
from billing.pages.scans.scan_progress import ScanProgress, omissions
from billing.pages.scans.search_results import account_url
from billing.pages.tables import exports
from billing.pages.tables.export_columns import currency_unit
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.reports import revenue
from billing.services.reports.revenue import (
    AccountMonth,
    Figures,
    MonthRevenue,
    Movement,
    RevenueReport,
    rounded,
)
from billing.services.scans import run

Row = TypeVar("Row")

_NOT_FINISHED: Final = "Not all accounts have been read yet."
_NOT_COUNTED_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in one month."""

    month: MonthRevenue
    one: AccountMonth


@page(Permission.BILLING_READ)
def detail(request: PageRequest) -> HttpResponseBase:
    """Show the months, or the accounts of `?month=`, of which `?currency=` and `?movement=` list a part."""
    actor = actor_of(request)
    run.usable_tokens(actor)
    report = revenue.load(actor, timezone.now())
    month = request.GET.get("month", "")
    rows = list(_account_rows(request, report, month))
    table = _accounts_table(report, rows) if month else _months_table(report)
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        "report": report,
        "scan": ScanProgress(replace(report.progress, not_read=report.missing), request.get_full_path()),
        "parts": parts_of(report.months) if report.is_complete else [],
        "month": month,
        "month_title": title_of(month),
        "movement": request.GET.get("movement", ""),
        "table": page_table(request, table),
        "not_counted": report.not_counted[:_NOT_COUNTED_SHOWN],
        "more_not_counted": len(report.not_counted[_NOT_COUNTED_SHOWN:]),
    }
    return render(request, "billing/reports/revenue/revenue.html", context)


def _account_rows(request: PageRequest, report: RevenueReport, month: str) -> Iterator[AccountRow]:
    currency, movement = request.GET.get("currency"), request.GET.get("movement")
    for found in report.months:
        if code_of(found.month) != month or currency not in (None, found.currency):
            continue
        for one in found.accounts:
            if movement in (None, "", one.movement or "none"):
                yield AccountRow(found, one)


def _months_table(report: RevenueReport) -> Table[tuple[MonthRevenue, Figures]]:
    def money(
        key: str, title: str, minor: Callable[[Figures], int | None]
    ) -> Column[tuple[MonthRevenue, Figures]]:
        return Column(key, title, lambda row: Amount(minor(row[1]), row[0].currency), Kind.MONEY)

    def movement(one: Movement) -> Column[tuple[MonthRevenue, Figures]]:
        return money(one, one.capitalize(), lambda figures: figures.movements[one])

    columns: tuple[Column[tuple[MonthRevenue, Figures]], ...] = (
        Column("month", "Month", lambda row: code_of(row[0].month)),
        Column("state", "State", lambda row: "month to date" if row[0].is_current else "complete"),
        Column("currency", "Currency", lambda row: currency_unit(row[0].currency)),
        money("start", "Start", lambda figures: figures.start),
        *map(movement, Movement),
        money("end", "End", lambda figures: figures.end),
        Column(
            "at_risk",
            "Past due",
            lambda row: Amount(row[1].at_risk if row[0].is_current else None, row[0].currency),
            Kind.MONEY,
        ),
        Column("customers", "Customers", lambda row: row[0].customers, Kind.INTEGER),
    )
    return _table(report, "recurring-revenue", columns, [(one, one.figures) for one in report.months])


def _accounts_table(report: RevenueReport, rows: Sequence[AccountRow]) -> Table[AccountRow]:
    def money(key: str, title: str, amount: Callable[[AccountMonth], int]) -> Column[AccountRow]:
        return Column(key, title, lambda row: Amount(amount(row.one), row.month.currency), Kind.MONEY)

    columns: tuple[Column[AccountRow], ...] = (
        Column(
            "account",
            "Account",
            lambda row: row.one.account.name,
            link=lambda row: account_url(row.one.account),
        ),
        Column("account_id", "Account id", lambda row: row.one.account.id, Kind.ID, is_on_page=False),
        Column("workspace", "Workspace", lambda row: row.one.account.workspace_name),
        Column("month", "Month", lambda row: code_of(row.month.month), is_on_page=False),
        Column("currency", "Currency", lambda row: currency_unit(row.month.currency), is_on_page=False),
        Column(
            "movement",
            "Movement",
            lambda row: row.one.movement or "",
            template="billing/reports/revenue/movement.html",
            empty_label="no change",
        ),
        money("before", "Start", lambda one: rounded(one.before)),
        money("change", "Change", lambda one: rounded(one.after) - rounded(one.before)),
        money("after", "End", lambda one: rounded(one.after)),
    )
    ordered: Iterable[AccountRow] = sorted(rows, key=lambda row: (row.month.currency, -abs(row.one.change)))
    return _table(report, "recurring-revenue-accounts", columns, list(ordered))


def _table(
    report: RevenueReport, name: str, columns: Sequence[Column[Row]], rows: Sequence[Row]
) -> Table[Row]:
    return Table(
        name,
        "Recurring revenue",
        columns,
        rows,
        incomplete="" if report.progress.is_finished else _NOT_FINISHED,
        as_of=report.progress.started_at,
        omitted=omissions(report.missing),
    )
