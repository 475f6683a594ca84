"""What a billing account is charged month by month: chart, table, file."""

from __future__ import annotations

from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages import exports
from billing.pages.access import PageRequest, page
from billing.pages.actor import actor_of
from billing.pages.invoices import cursor_in, no_copy, why_kept
from billing.pages.place import Account
from billing.pages.spend_periods import period_of
from billing.pages.tables import Column, Kind, Table
from billing.roles import Permission
from billing.services import invoice_walk
from billing.services.invoice_walk import Walk
from billing.services.spend import Row, Spend, monthly

WINDOWS: Final = {"12": 12, "24": 24, "36": 36, "all": 0}


@page(Permission.BILLING_READ)
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """The page, or its months as a file."""
    place: Account = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = "" if exports.format_of(request) else cursor_in(request, "after")
    walk = invoice_walk.walk(actor_of(request), **place, after=after)
    spend = monthly(walk.invoices, timezone.get_current_timezone(), timezone.now())
    if exports.format_of(request):
        no_copy(walk)
        return exports.download(request, _table(spend, walk, billing_account_id))
    window = request.GET.get("months", "")
    window = window if window in WINDOWS else "12"
    context: dict[str, Any] = {
        **place,
        "walk": walk,
        "answer": walk,
        "why_kept": why_kept(walk),
        "spend": spend,
        "periods": [period_of(ledger, WINDOWS[window]) for ledger in spend.ledgers],
        "window": window,
        "windows": WINDOWS,
        "is_continued": bool(after),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/invoices/spend.html", context)


def _table(spend: Spend, walk: Walk, billing_account_id: str) -> Table[tuple[str, Row]]:
    """Every month of every currency, for the file."""

    def amount(status: str) -> Column[tuple[str, Row]]:
        return Column(
            status, status.capitalize(), lambda pair: Amount(pair[1].amounts[status], pair[0]), Kind.MONEY
        )

    columns: tuple[Column[tuple[str, Row]], ...] = (
        Column("month", "Month", lambda pair: "{}-{:02}".format(*pair[1].month) if pair[1].month else ""),
        amount("paid"),
        amount("open"),
        amount("uncollectible"),
        Column("total", "Total", lambda pair: Amount(pair[1].total, pair[0]), Kind.MONEY),
        Column("count", "Invoices", lambda pair: pair[1].count, Kind.INTEGER),
    )
    rows = [(ledger.currency, row) for ledger in spend.ledgers for row in ledger.rows]
    incomplete = "" if walk.is_complete else f"{len(walk.invoices):,} invoices were read, and there are more."
    return Table("spend", "Spend", columns, rows, about=(billing_account_id,), incomplete=incomplete)
