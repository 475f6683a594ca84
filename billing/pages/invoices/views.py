"""The invoices of a billing account: list, filter, download, retrieve."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures import Failure
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.invoices import table as invoice_table
from billing.pages.rendering.facts import facts_of, undocumented_fields
from billing.pages.rendering.labels import INVOICE_STATUSES
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services.invoices import page as invoices
from billing.services.invoices import read_all
from billing.services.invoices.read_all import Walk
from billing.services.invoices.sums import differences, sum_of_lines
from billing.services.reads import read

# A file may take longer than a page: up to 10,000 invoices, in less time than a worker has.
_EXPORT_PAGES: Final = 50
_EXPORT_SECONDS: Final = 30.0
_CURSOR: Final = re.compile(r"[\x21-\x7e]{1,255}")
_INVOICE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")


@page(Permission.BILLING_READ)
def list_page(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """The invoices, a hundred at a time, or those of one status among what was read; or all of them as a file."""
    place: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    status = request.GET.get("status", "")
    if exports.format_of(request):
        return _download(request, status, place)
    context = {
        **place,
        "statuses": INVOICE_STATUSES,
        "status": status,
        "is_known_status": status in INVOICE_STATUSES,
        "is_continued": bool(cursor_in(request, "after") or cursor_in(request, "before")),
        **(_filtered(request, status, place) if status else _one_page(request, place)),
    }
    return render(request, "billing/invoices/list.html", context)


@page(Permission.BILLING_READ)
def retrieve(
    request: PageRequest, workspace_id: str, billing_account_id: str, invoice_id: str
) -> HttpResponseBase:
    """One invoice, which has to be looked for: Altostrat lists invoices and retrieves none alone."""
    if not _INVOICE_ID.fullmatch(invoice_id):
        raise InvalidIdentifier("invoice_id")
    place: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = cursor_in(request, "after")
    found = read_all.walk(actor_of(request), **place, after=after, until=invoice_id)
    if after and found.is_complete and found.named(invoice_id) is None:
        # The hint was of another time: the list has to be read from its beginning.
        found = read_all.walk(actor_of(request), **place, until=invoice_id)
    invoice = found.named(invoice_id)
    context = {**place, "invoice_id": invoice_id, "walk": found}
    if invoice is None and found.is_complete:
        return show(request, _NO_SUCH_INVOICE)
    if invoice is None:
        return render(request, "billing/invoices/not_yet_found.html", context)
    sent = _sent(found, invoice_id)
    context |= {
        "invoice": invoice,
        "answer": found.last,
        "copy_reason": answers.copy_reason(request, found.why_kept),
        "facts": facts_of(invoice, sent),
        "lines": [(line, undocumented_fields(line.extra)) for line in invoice.lines or ()],
        "sum_of_lines": sum_of_lines(invoice),
        "differences": differences(invoice),
        "more": undocumented_fields(invoice.extra),
    }
    return render(request, "billing/invoices/retrieve.html", context)


def cursor_in(request: HttpRequest, name: str) -> str:
    """A cursor of the address, which goes into a query. Raises InvalidIdentifier."""
    cursor = request.GET.get(name, "")
    if cursor and not _CURSOR.fullmatch(cursor):
        raise InvalidIdentifier(name)
    return cursor


def _one_page(request: PageRequest, place: AccountIds) -> dict[str, Any]:
    after, before = cursor_in(request, "after"), cursor_in(request, "before")
    reads = {"page": invoices.page_of(**place, after=after, before="" if after else before)}
    results = read(actor_of(request), place["workspace_id"], reads)
    shown = answers.required(request, results["page"])
    answer = shown.answer
    rows = answer.value.items
    # Looking back, `has_more` speaks of newer ones; the older are those that the reader comes from.
    comes_back = bool(before and not after)
    older = (
        (rows[-1].id or "" if rows else "")
        if comes_back
        else invoices.next_cursor(answer.value, invoices.PAGE_SIZE)
    )
    is_first = answer.value.has_more is False if comes_back else not after
    newer = "" if is_first or not rows else rows[0].id or ""
    is_whole = is_first and not comes_back and invoices.has_end(answer.value, invoices.PAGE_SIZE)
    table = invoice_table.table_of(rows, **place, after=after, is_whole=is_whole)
    return {
        "answer": answer,
        "copy_reason": shown.copy_reason,
        "table": page_table(request, table),
        "count": len(rows),
        "is_whole": is_whole,
        "older": older and f"?{urlencode({'after': older})}",
        "newer": newer and f"?{urlencode({'before': newer})}",
    }


def _filtered(request: PageRequest, status: str, place: AccountIds) -> dict[str, Any]:
    after = cursor_in(request, "after")
    walk = read_all.walk(actor_of(request), **place, after=after)
    rows = [row for row in walk.invoices if row.status == status]
    is_whole = walk.is_complete and not after
    table = invoice_table.table_of(rows, **place, is_whole=is_whole)
    return {
        "walk": walk,
        "answer": walk,
        "copy_reason": answers.copy_reason(request, walk.why_kept),
        "table": page_table(request, table),
        "count": len(rows),
        "is_whole": is_whole,
        "older": walk.next_after and f"?{urlencode({'status': status, 'after': walk.next_after})}",
    }


def _download(request: PageRequest, status: str, place: AccountIds) -> HttpResponseBase:
    walk = read_all.walk(actor_of(request), **place, pages=_EXPORT_PAGES, seconds=_EXPORT_SECONDS)
    answers.copy_reason(request, walk.why_kept)  # no file is made of a copy
    rows = [row for row in walk.invoices if not status or row.status == status]
    found = f"{len(walk.invoices):,} invoices were read in the time there is, and Altostrat has more."
    table = invoice_table.table_of(rows, **place, is_whole=True, incomplete="" if walk.is_complete else found)
    return exports.download(request, table)


def _sent(walk: Walk, invoice_id: str) -> Mapping[str, object]:
    """The invoice as it came."""
    rows = json.loads(walk.last.body)["data"]
    return next((row for row in rows if row.get("id") == invoice_id), {})


_NO_SUCH_INVOICE: Final = Failure(
    404,
    "invalid_request_error",
    "resource_missing",
    "This account has no such invoice",
    "All invoices of the billing account were read, and none has this id.",
    "Check the id and the account: an invoice belongs to one billing account.",
)
