"""Ids, cursors and reads of many invoices, for all pages of an account's invoices."""

from __future__ import annotations

import re
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures import Failure
from billing.pages.frame.access import PageRequest
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.tables import answers, exports
from billing.services.invoices.read_all import InvoiceList, read_invoices

INVOICE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
NO_SUCH_INVOICE: Final = Failure(
    404,
    "invalid_request_error",
    "resource_missing",
    "This account has no such invoice",
    "None of the account's invoices has this ID.",
    "Check the ID and the account: an invoice belongs to one billing account.",
)
_CURSOR: Final = re.compile(r"[\x21-\x7e]{1,255}")


def cursor_in(request: HttpRequest, name: str) -> str:
    """Return a cursor in the URL, which becomes part of a query. Raise InvalidIdentifier."""
    cursor = request.GET.get(name, "")
    if cursor and not _CURSOR.fullmatch(cursor):
        raise InvalidIdentifier(name)
    return cursor


def read_for_summary(request: PageRequest, account: AccountIds) -> tuple[InvoiceList, dict[str, Any]]:
    """Return the invoices that a page summarizes, and the context. A file always begins with the newest invoice."""
    after = "" if exports.format_of(request) else cursor_in(request, "after")
    invoice_list = read_invoices(actor_of(request), **account, after=after)
    context = {
        **account,
        "invoice_list": invoice_list,
        "answer": invoice_list,
        "copy_reason": answers.copy_reason(request, invoice_list.copy_error),
        "is_continued": bool(after),
        "zone": timezone.get_current_timezone_name(),
    }
    return invoice_list, context
