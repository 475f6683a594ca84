"""What a billing account is charged month by month: chart, table, file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount, format_amount
from billing.pages import charts, exports
from billing.pages.access import PageRequest, page
from billing.pages.actor import actor_of
from billing.pages.charts import Chart
from billing.pages.invoices import cursor_in
from billing.pages.place import Account
from billing.pages.tables import Column, Kind, Table
from billing.roles import Permission
from billing.services import invoice_walk
from billing.services.invoice_walk import Walk
from billing.services.spend import Ledger, Row, Spend, added_up, monthly

WINDOWS: Final = {"12": 12, "24": 24, "36": 36, "all": 0}


@dataclass(frozen=True, slots=True)
class Period:
    """One currency in one window: `rows` are drawn, newest first in the table; `earlier` and `undated` are the rest, so
    that `whole` is the sum of all rows shown."""

    currency: str
    rows: tuple[Row, ...]
    earlier: Row | None
    undated: Row | None
    whole: Row
    charts: tuple[Chart, ...]
    summary: str

    @property
    def newest_first(self) -> tuple[Row, ...]:
        """The rows for the table."""
        return self.rows[::-1]


@page(Permission.BILLING_READ)
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """The page; for htmx the panel alone, which the account's page includes."""
    place: Account = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = "" if exports.format_of(request) else cursor_in(request, "after")
    walk = invoice_walk.walk(actor_of(request), **place, after=after)
    spend = monthly(walk.invoices, timezone.get_current_timezone(), timezone.now())
    if exports.format_of(request):
        return exports.download(request, _table(spend, walk, billing_account_id))
    window = request.GET.get("months", "")
    window = window if window in WINDOWS else "12"
    context: dict[str, Any] = {
        **place,
        "walk": walk,
        "answer": walk,
        "spend": spend,
        "periods": [_period(ledger, WINDOWS[window]) for ledger in spend.ledgers],
        "window": window,
        "windows": WINDOWS,
        "is_continued": bool(after),
        "is_panel": bool(request.htmx),
        "zone": timezone.get_current_timezone_name(),
    }
    template = "spend_panel" if request.htmx else "spend"
    return render(request, f"billing/invoices/{template}.html", context)


def _period(ledger: Ledger, months: int) -> Period:
    dated = [row for row in ledger.rows if row.month is not None]
    shown = tuple(dated[-months:] if months else dated)
    before = dated[: len(dated) - len(shown)]
    undated = next((row for row in ledger.rows if row.month is None), None)
    drawn = [(_month_name(row), row.amounts) for row in shown]
    key = "".join(letter for letter in ledger.currency if letter.isalnum() and letter.isascii()) or "none"
    return Period(
        ledger.currency,
        shown,
        added_up(before) if any(row.count for row in before) else None,
        undated,
        ledger.whole,
        tuple(charts.columns(key, shape, drawn, ledger.currency) for shape in charts.SHAPES),
        _summary(shown, ledger.currency),
    )


def _month_name(row: Row) -> str:
    """ "Mar", and "2026" in its January."""
    if row.month is None:
        return ""
    year, month = row.month
    return str(year) if month == 1 else f"{date(year, month, 1):%b}"


def _summary(rows: Sequence[Row], currency: str) -> str:
    """The chart in a sentence or two."""
    if not rows:
        return "No month to draw."
    together = sum(row.total for row in rows)
    highest, lowest = max(rows, key=lambda row: row.total), min(rows, key=lambda row: row.total)
    return (
        f"{_in_full(rows[0])} to {_in_full(rows[-1])}: {format_amount(together, currency)} together. "
        f"Highest in {_in_full(highest)} with {format_amount(highest.total, currency)}, "
        f"lowest in {_in_full(lowest)} with {format_amount(lowest.total, currency)}."
    )


def _in_full(row: Row) -> str:
    return f"{date(*row.month, 1):%B %Y}" if row.month else "no month"


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
