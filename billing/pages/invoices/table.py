"""The columns of a list of invoices, for the page and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.rendering.labels import invoice_status
from billing.pages.tables.table import Column, Kind, Table

AMOUNTS: Final[tuple[tuple[str, str, Callable[[Invoice], int | None]], ...]] = (
    ("subtotal", "Subtotal", lambda row: row.subtotal),
    ("discount", "Discount", lambda row: row.discount_amount),
    ("tax", "Tax", lambda row: row.tax),
    ("total", "Total", lambda row: row.total),
    ("paid", "Paid", lambda row: row.amount_paid),
    ("amount_due", "Amount due", lambda row: row.amount_due),
)


def table_of(
    rows: Iterable[Invoice],
    *,
    workspace_id: str,
    billing_account_id: str,
    after: str = "",
    is_whole: bool,
    incomplete: str = "",
) -> Table[Invoice]:
    """The invoices of one account. What is not whole is not sorted: the rest would not be in order."""

    def address(row: Invoice) -> str:
        return address_of(row, workspace_id, billing_account_id, after)

    columns: tuple[Column[Invoice], ...] = (
        Column(
            "number",
            "Invoice",
            lambda row: row.number,
            link=address,
            empty_label="no number",
            is_sortable=is_whole,
        ),
        Column(
            "status",
            "Status",
            lambda row: row.status,
            template="billing/invoices/status_cell.html",
            show=lambda row: invoice_status(row.status).title,
            is_sortable=is_whole,
        ),
        Column("created", "Created", lambda row: row.created_at, Kind.DAY, is_sortable=is_whole),
        Column("due", "Due", lambda row: row.due_date, Kind.DAY, is_sortable=is_whole),
        *(_amount(key, title, value, is_whole) for key, title, value in AMOUNTS),
        Column("id", "Invoice id", lambda row: row.id, Kind.ID, is_on_page=False),
        Column(
            "hosted",
            "Hosted page",
            lambda row: row.hosted_invoice_url,
            Kind.LINK,
            is_bearer_link=True,
            is_on_page=False,
        ),
        Column("pdf", "PDF", lambda row: row.invoice_pdf, Kind.LINK, is_bearer_link=True, is_on_page=False),
    )
    return Table("invoices", "Invoices", columns, rows, about=(billing_account_id,), incomplete=incomplete)


def address_of(invoice: Invoice, workspace_id: str, billing_account_id: str, after: str = "") -> str:
    """The invoice's page; `after` says behind which one it stands, so that it is found in one call."""
    try:
        address = reverse("invoice", args=(workspace_id, billing_account_id, invoice.id or ""))
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'after': after})}" if after else address


def _amount(
    key: str, title: str, value: Callable[[Invoice], int | None], is_sortable: bool
) -> Column[Invoice]:
    return Column(
        key, title, lambda row: Amount(value(row), row.currency), Kind.MONEY, is_sortable=is_sortable
    )
