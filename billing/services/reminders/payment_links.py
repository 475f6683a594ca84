"""Links to the pages where a customer pays an invoice. They open without signing in."""

from __future__ import annotations

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.aging import is_owed
from billing.web_links import is_web_link


def payment_link(invoice: Invoice) -> str:
    """Return the https link of an invoice that is still owed; empty if it is not, or has no such link."""
    url = invoice.hosted_invoice_url or ""
    return url if is_owed(invoice) and is_web_link(url) else ""
