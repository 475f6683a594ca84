"""The bills to divide: one invoice of an account, or all of its invoices of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.actor import Actor
from billing.services.dates import in_zone
from billing.services.invoices.comparison import Bill, bill_of
from billing.services.invoices.explanation import gaps_of, name_of
from billing.services.invoices.pairs import finalized
from billing.services.invoices.read_all import InvoiceList, read_invoices

Month = tuple[int, int]

_NOT_ALL: Final = "The account has older invoices, which were not read."


@dataclass(frozen=True, slots=True)
class Bills:
    """The invoices to divide, and why they cannot be divided. `offered` are the invoices that can be chosen.

    `is_missing` is whether the account has no such invoice at all.
    """

    invoice_list: InvoiceList
    invoices: tuple[Invoice, ...]
    bills: tuple[Bill, ...]
    problems: tuple[str, ...] = ()
    is_missing: bool = False

    @property
    def offered(self) -> tuple[Invoice, ...]:
        return finalized(self.invoice_list.invoices)


def find_bills(
    actor: Actor,
    *,
    workspace_id: str,
    billing_account_id: str,
    invoice_id: str,
    month: Month | None,
    zone: tzinfo,
) -> Bills:
    """Return the invoice with this ID, all finalized invoices of a month, or the newest finalized invoice.

    Raise what `read_invoices` raises.
    """
    read = partial(read_invoices, actor, workspace_id=workspace_id, billing_account_id=billing_account_id)
    is_newest = not invoice_id and month is None
    found = read(max_pages=1) if is_newest else read(until=invoice_id)
    if month is not None:
        rows = tuple(one for one in finalized(found.invoices) if month_of(one.created_at, zone) == month)
        oldest = month_of(found.oldest, zone)
        if not found.is_complete and (oldest is None or oldest >= month):
            return Bills(found, rows, (), (_NOT_ALL,))
    else:
        chosen = found.find(invoice_id) if invoice_id else next(iter(finalized(found.invoices)), None)
        if chosen is None and invoice_id:
            return Bills(found, (), (), (f"Not found. {_NOT_ALL}",), is_missing=found.is_complete)
        rows = (chosen,) if chosen is not None else ()
    return _checked(found, rows)


def month_of(at: datetime | None, zone: tzinfo) -> Month | None:
    local = in_zone(at, zone) if at is not None else None
    return (local.year, local.month) if local is not None else None


def _checked(found: InvoiceList, rows: tuple[Invoice, ...]) -> Bills:
    if not rows:
        problem = (
            "There is no finalized invoice to divide." if found.is_complete else f"Not found. {_NOT_ALL}"
        )
        return Bills(found, (), (), (problem,))
    open_to_change = [
        f"Invoice {name_of(one)} is {one.status}, so nothing is owed for it."
        for one in rows
        if one not in finalized((one,))
    ]
    problems = (*open_to_change, *(gap for one in rows for gap in gaps_of(one)))
    bills = tuple(bill for one in rows if (bill := bill_of(one)) is not None)
    return Bills(found, rows, () if problems else bills, problems)
