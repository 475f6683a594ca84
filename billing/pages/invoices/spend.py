"""The amount a billing account is charged in each month: chart, table and file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.invoices.invoice_data import read_for_summary
from billing.pages.invoices.spend_periods import Period, period_of
from billing.pages.tables import exports
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.invoices.read_all import InvoiceList
from billing.services.invoices.spend import Row, monthly_spend

# The number of months for each value of `?months=`; 0 for all of them.
_MONTHS: Final = {"12": 12, "24": 24, "36": 36, "all": 0}


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the file."""

    currency: str
    month: str
    row: Row


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the page, or its months as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    invoice_list, context = read_for_summary(request, account)
    spend = monthly_spend(invoice_list.invoices, timezone.get_current_timezone(), timezone.now())
    requested = request.GET.get("months", "")
    window = requested if requested in _MONTHS else "12"
    periods = [period_of(currency, _MONTHS[window]) for currency in spend.currencies]
    if exports.format_of(request):
        return exports.download(request, _table(periods, invoice_list, billing_account_id))
    context |= {"spend": spend, "periods": periods, "window": window, "windows": _MONTHS}
    return render(request, "billing/invoices/spend/spend.html", context)


def _table(periods: Sequence[Period], invoice_list: InvoiceList, billing_account_id: str) -> Table[_Line]:
    """Return the rows of the page in the same order, without the total."""

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
    count = f"{len(invoice_list.invoices):,} invoices were read, but there are more."
    incomplete = "" if invoice_list.is_complete else count
    return Table("spend", "Spend", columns, rows, about=(billing_account_id,), incomplete=incomplete)


def _lines(period: Period) -> Iterator[_Line]:
    for row in period.newest_first:
        yield _Line(period.currency, "{}-{:02}".format(*row.month) if row.month else "", row)
    if period.earlier is not None:
        yield _Line(period.currency, "Earlier", period.earlier)
    if period.undated is not None:
        yield _Line(period.currency, "Without a date", period.undated)
