"""The invoices of a billing account: the list, its filter and downloads, and the page of one invoice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from billing.altostrat.http.deadlines import request_deadline
from billing.altostrat.identifiers import InvalidIdentifier
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.frame.links import query_with
from billing.pages.invoices.invoice_data import INVOICE_ID, NO_SUCH_INVOICE, cursor_in
from billing.pages.invoices.table import invoices_table
from billing.pages.rendering.facts import facts_of, undocumented_fields
from billing.pages.rendering.labels import INVOICE_STATUSES
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services.billing_accounts.reads import INVOICES, page_reads
from billing.services.invoices import page as invoices
from billing.services.invoices.aging import is_owed
from billing.services.invoices.read_all import InvoiceList, read_invoices
from billing.services.invoices.sums import differences, sum_of_lines
from billing.services.invoices.totals import totals
from billing.services.reads import Reader

# A file may take longer than a page: up to 10,000 invoices, in less time than a worker has.
_EXPORT_PAGES: Final = 50
_EXPORT_SECONDS: Final = 30.0


@page(Permission.BILLING_READ)
def index(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show a page of the list, or the invoices of one status among the latest ones, or all of them as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    status = request.GET.get("status", "")
    if exports.format_of(request):
        return _download(request, status, account)
    is_continued = bool(cursor_in(request, "after") or cursor_in(request, "before"))
    context = {
        **account,
        "statuses": INVOICE_STATUSES,
        "status": status,
        "is_known_status": status in INVOICE_STATUSES,
        "is_continued": is_continued,
        "first_page": request.path + query_with(request, after="", before="", page="")
        if is_continued
        else "",
        **(_filtered(request, status, account) if status else _one_page(request, account)),
    }
    return render(request, "billing/invoices/index.html", context)


@page(Permission.BILLING_READ)
def detail(
    request: PageRequest, workspace_id: str, billing_account_id: str, invoice_id: str
) -> HttpResponseBase:
    """Show one invoice, found in the list, because Altostrat has no operation that retrieves one."""
    if not INVOICE_ID.fullmatch(invoice_id):
        raise InvalidIdentifier("invoice_id")
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = cursor_in(request, "after")
    found = read_invoices(actor_of(request), **account, after=after, until=invoice_id)
    if after and found.is_complete and found.find(invoice_id) is None:
        # The cursor is outdated: search from the newest invoice.
        found = read_invoices(actor_of(request), **account, until=invoice_id)
    invoice = found.find(invoice_id)
    context = {**account, "invoice_id": invoice_id, "invoice_list": found}
    if invoice is None and found.is_complete:
        return show(request, NO_SUCH_INVOICE)
    if invoice is None:
        return render(request, "billing/invoices/not_yet_found.html", context)
    context |= {
        "invoice": invoice,
        "answer": found.last,
        "copy_reason": answers.copy_reason(request, found.copy_error),
        "facts": facts_of(invoice, _sent(found, invoice_id)),
        "sum_of_lines": sum_of_lines(invoice),
        "differences": differences(invoice),
        "more": undocumented_fields(invoice.extra),
    }
    return render(request, "billing/invoices/detail.html", context)


@page(Permission.BILLING_READ)
def contents(
    request: PageRequest, workspace_id: str, billing_account_id: str, invoice_id: str
) -> HttpResponseBase:
    """Show the contents of an unfolded invoice on an account's page. Without htmx, it redirects to the invoice."""
    if not request.htmx:
        return redirect("invoice", workspace_id, billing_account_id, invoice_id)
    reads = page_reads(workspace_id, billing_account_id, (INVOICES,))
    found = Reader(actor_of(request), workspace_id).read(reads, reuse_recent=True, reuse_copies=True)
    shown = answers.required(found[INVOICES])
    invoice = next((one for one in shown.answer.value.items if one.id == invoice_id), None)
    if invoice is None:
        return show(request, NO_SUCH_INVOICE)
    context = {"invoice": invoice, "answer": shown.answer, "copy_reason": shown.copy_reason}
    return render(request, "billing/invoices/contents/loaded.html", context)


def _one_page(request: PageRequest, account: AccountIds) -> dict[str, Any]:
    after, before = cursor_in(request, "after"), cursor_in(request, "before")
    reads = {"page": invoices.page_of(**account, after=after, before="" if after else before)}
    shown = answers.required(answers.read(request, account["workspace_id"], reads)["page"])
    answer = shown.answer
    rows = answer.value.items
    # With `before`, `has_more` is about newer invoices, and older ones always exist.
    is_backward = bool(before and not after)
    first, last = (rows[0].id or "", rows[-1].id or "") if rows else ("", "")
    older = last if is_backward else invoices.next_cursor(answer.value, invoices.PAGE_SIZE)
    is_first = answer.value.has_more is False if is_backward else not after
    newer = "" if is_first else first
    is_complete = is_first and not is_backward and invoices.has_end(answer.value, invoices.PAGE_SIZE)
    table = invoices_table(rows, **account, after=after, is_complete=is_complete)
    return {
        "answer": answer,
        "copy_reason": shown.copy_reason,
        "table": page_table(request, table),
        "count": len(rows),
        "totals": totals(rows),
        "has_owed": any(map(is_owed, rows)),
        "is_complete": is_complete,
        "next_page": older and f"?{urlencode({'after': older})}",
        "previous_page": newer and f"?{urlencode({'before': newer})}",
    }


def _filtered(request: PageRequest, status: str, account: AccountIds) -> dict[str, Any]:
    after = cursor_in(request, "after")
    found = read_invoices(actor_of(request), **account, after=after)
    rows = [row for row in found.invoices if row.status == status]
    is_complete = found.is_complete and not after
    table = invoices_table(rows, **account, is_complete=is_complete)
    return {
        "invoice_list": found,
        "answer": found,
        "copy_reason": answers.copy_reason(request, found.copy_error),
        "table": page_table(request, table),
        "count": len(rows),
        "totals": totals(rows),
        "has_owed": any(map(is_owed, rows)),
        "is_complete": is_complete,
        "next_page": found.next_after and f"?{urlencode({'status': status, 'after': found.next_after})}",
        "next_label": "Search older",
    }


def _download(request: PageRequest, status: str, account: AccountIds) -> HttpResponseBase:
    actor = actor_of(request)
    with request_deadline(_EXPORT_SECONDS):
        found = read_invoices(actor, **account, max_pages=_EXPORT_PAGES, max_seconds=_EXPORT_SECONDS)
    answers.copy_reason(request, found.copy_error)  # raises: a file never contains a copy
    rows = [row for row in found.invoices if not status or row.status == status]
    count = f"{len(found.invoices):,} invoices were read within the time limit, but there are more."
    incomplete = "" if found.is_complete else count
    return exports.download(request, invoices_table(rows, **account, is_complete=True, incomplete=incomplete))


def _sent(found: InvoiceList, invoice_id: str) -> Mapping[str, object]:
    """Return the JSON of the invoice."""
    rows = json.loads(found.last.body)["data"]
    return next((row for row in rows if row.get("id") == invoice_id), {})
