"""What a billing account is charged month by month: chart, table, file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.spend_periods import Period, period_of
from billing.pages.invoices.views import cursor_in
from billing.pages.tables import answers, exports
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.invoices import read_all
from billing.services.invoices.read_all import Walk
from billing.services.invoices.spend import Row, monthly

WINDOWS: Final = {"12": 12, "24": 24, "36": 36, "all": 0}


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the file."""

    currency: str
    month: str
    row: Row


@page(Permission.BILLING_READ)
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """The page, or its months as a file."""
    place: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = "" if exports.format_of(request) else cursor_in(request, "after")
    walk = read_all.walk(actor_of(request), **place, after=after)
    why_kept = answers.copy_reason(request, walk.why_kept)
    spend = monthly(walk.invoices, timezone.get_current_timezone(), timezone.now())
    window = request.GET.get("months", "")
    window = window if window in WINDOWS else "12"
    periods = [period_of(ledger, WINDOWS[window]) for ledger in spend.ledgers]
    if exports.format_of(request):
        return exports.download(request, _table(periods, walk, billing_account_id))
    context: dict[str, Any] = {
        **place,
        "walk": walk,
        "answer": walk,
        "copy_reason": why_kept,
        "spend": spend,
        "periods": periods,
        "window": window,
        "windows": WINDOWS,
        "is_continued": bool(after),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/invoices/spend/spend.html", context)


def _table(periods: Sequence[Period], walk: Walk, billing_account_id: str) -> Table[_Line]:
    """The rows of the page, in its order, for the file; the sum is left to whoever opens it."""

    def amount(status: str) -> Column[_Line]:
        return Column(
            status,
            status.capitalize(),
            lambda line: Amount(line.row.amounts[status], line.currency),
            Kind.MONEY,
        )

    columns: tuple[Column[_Line], ...] = (
        Column("month", "Month", lambda line: line.month),
        amount("paid"),
        amount("open"),
        amount("uncollectible"),
        Column("total", "Total", lambda line: Amount(line.row.total, line.currency), Kind.MONEY),
        Column("count", "Invoices", lambda line: line.row.count, Kind.INTEGER),
    )
    rows = [line for period in periods for line in _lines(period)]
    incomplete = "" if walk.is_complete else f"{len(walk.invoices):,} invoices were read, and there are more."
    return Table("spend", "Spend", columns, rows, about=(billing_account_id,), incomplete=incomplete)


def _lines(period: Period) -> Iterator[_Line]:
    for row in period.newest_first:
        yield _Line(period.currency, "{}-{:02}".format(*row.month) if row.month else "", row)
    if period.earlier is not None:
        yield _Line(period.currency, "Earlier", period.earlier)
    if period.undated is not None:
        yield _Line(period.currency, "Without a date", period.undated)
