"""The columns of a list of invoices, for its page and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlencode

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.labels import label
from billing.pages.rendering.invoices import invoice_tag
from billing.pages.rendering.tags import address_of
from billing.pages.tables.table import Column, Kind, Table
from billing.services.invoices.settlement import remaining
from billing.services.reminders.payment_links import payment_link

AMOUNTS: Final[tuple[tuple[str, str, Callable[[Invoice], int | None]], ...]] = (
    ("subtotal", "Subtotal", lambda row: row.subtotal),
    ("discount", "Discount", lambda row: row.discount_amount),
    ("tax", "Tax", lambda row: row.tax),
    ("total", "Total", lambda row: row.total),
    ("paid", "Paid", lambda row: row.amount_paid),
    ("amount_due", "Amount due", lambda row: row.amount_due),
    ("remaining", "Remaining", remaining),
)
# The page of an invoice has the others.
_ON_PAGE: Final = frozenset({"total", "paid", "remaining"})


def invoices_table(
    rows: Iterable[Invoice],
    *,
    workspace_id: str,
    billing_account_id: str,
    after: str = "",
    is_complete: bool,
    incomplete: str = "",
) -> Table[Invoice]:
    """Return the invoices of one account. Only a complete list can be sorted."""

    def link(row: Invoice) -> str:
        return invoice_url(row, workspace_id, billing_account_id, after)

    rows = list(rows)
    columns: tuple[Column[Invoice], ...] = (
        Column(
            "number",
            "Invoice",
            lambda row: row.number,
            link=link,
            empty_label="no number",
            is_sortable=is_complete,
        ),
        Column(
            "status",
            label("status"),
            lambda row: row.status,
            template="billing/invoices/status_cell.html",
            show=lambda row: invoice_tag(row).title,
            is_sortable=is_complete,
        ),
        Column("created", label("created_at"), lambda row: row.created_at, Kind.DAY, is_sortable=is_complete),
        Column("due", "Due", lambda row: row.due_date, Kind.DAY, is_sortable=is_complete),
        *(_amount(key, title, value, is_complete) for key, title, value in AMOUNTS),
        Column(
            "payment_link",
            "Payment link",
            payment_link,
            template="billing/invoices/payment_links/cell.html",
            is_sortable=False,
            is_on_page=any(map(payment_link, rows)),
            is_exported=False,
        ),
        Column("id", "Invoice ID", lambda row: row.id, Kind.ID, is_on_page=False),
        Column(
            "hosted",
            "Payment page",
            lambda row: row.hosted_invoice_url,
            Kind.LINK,
            is_bearer_link=True,
            is_on_page=False,
        ),
        Column("pdf", "PDF", lambda row: row.invoice_pdf, Kind.LINK, is_bearer_link=True, is_on_page=False),
    )
    return Table("invoices", "Invoices", columns, rows, about=(billing_account_id,), incomplete=incomplete)


def invoice_url(invoice: Invoice, workspace_id: str, billing_account_id: str, after: str = "") -> str:
    """Return the URL of an invoice, or an empty string.

    `after` is the cursor of its page in the list, so that one call finds it.
    """
    url = address_of("invoice", workspace_id, billing_account_id, invoice.id)
    return f"{url}?{urlencode({'after': after})}" if url and after else url


def _amount(
    key: str, title: str, value: Callable[[Invoice], int | None], is_sortable: bool
) -> Column[Invoice]:
    return Column(
        key,
        title,
        lambda row: Amount(value(row), row.currency),
        Kind.MONEY,
        is_sortable=is_sortable,
        is_on_page=key in _ON_PAGE,
    )
