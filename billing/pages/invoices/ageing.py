"""How late the open invoices of a billing account are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.table import address_of
from billing.pages.invoices.views import cursor_in
from billing.pages.tables import answers, exports
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services.invoices import read_all
from billing.services.invoices.ageing import Ages, Item, ages


@page(Permission.BILLING_READ)
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """The page, or its rows as a file."""
    place: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    after = "" if exports.format_of(request) else cursor_in(request, "after")
    walk = read_all.walk(actor_of(request), **place, after=after)
    why_kept = answers.copy_reason(request, walk.why_kept)
    found = ages(walk.invoices, timezone.get_current_timezone(), timezone.now())
    if exports.format_of(request):
        incomplete = "" if walk.is_complete else "Not all invoices of the account were read."
        return exports.download(request, _table(found, billing_account_id, incomplete))
    context: dict[str, Any] = {
        **place,
        "walk": walk,
        "answer": walk,
        "copy_reason": why_kept,
        "parts": [(part, _rows(part, place)) for part in found],
        "is_continued": bool(after),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/invoices/ageing/ageing.html", context)


def _rows(part: Ages, place: AccountIds) -> list[tuple[Item, str]]:
    return [(item, address_of(item.invoice, **place)) for item in part.items]


def _table(found: Sequence[Ages], billing_account_id: str, incomplete: str) -> Table[Item]:
    columns: tuple[Column[Item], ...] = (
        Column("number", "Invoice", lambda item: item.invoice.number),
        Column("id", "Invoice id", lambda item: item.invoice.id, Kind.ID),
        Column("due", "Due", lambda item: item.invoice.due_date, Kind.DAY),
        Column("days", "Days late", lambda item: item.days_late, Kind.INTEGER),
        Column("bucket", "How late", lambda item: item.bucket.value),
        Column("owed", "Still owed", lambda item: Amount(item.owed, item.invoice.currency), Kind.MONEY),
    )
    rows = [item for part in found for item in part.items]
    return Table("ageing", "Open invoices", columns, rows, about=(billing_account_id,), incomplete=incomplete)
