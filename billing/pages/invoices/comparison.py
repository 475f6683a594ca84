"""Why an invoice asks for another amount than an earlier one of the account. The URL is `invoices/compare/`."""

from __future__ import annotations

from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.resources.invoices import Invoice
from billing.amounts import Amount
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.frame.failure_pages import show
from billing.pages.invoices.invoice_data import INVOICE_ID, NO_SUCH_INVOICE
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Column, Kind, Table
from billing.roles import Permission
from billing.services import changes
from billing.services.invoices.comparison import Comparison, Part, compare
from billing.services.invoices.explanation import doubts, explain, gaps, name_of, summary
from billing.services.invoices.pairs import Pair, finalized, find_pair
from billing.services.invoices.portal_changes import changes_between

_CHOICES: Final = 36


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the page, or the parts of the difference as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    old_id, new_id = _id_in(request, "from"), _id_in(request, "to")
    pair = find_pair(actor_of(request), **account, old_id=old_id, new_id=new_id)
    found = pair.invoice_list
    copy_reason = answers.copy_reason(request, found.copy_error)
    is_missing = (old_id and pair.old is None) or (new_id and pair.new is None)
    if is_missing and found.is_complete:
        return show(request, NO_SUCH_INVOICE)
    comparison = compare(pair.old, pair.new) if pair.old and pair.new and pair.old != pair.new else None
    problems = () if comparison else _problems(pair, is_missing=bool(is_missing))
    table = _table(comparison, billing_account_id, " ".join(problems))
    if exports.format_of(request):
        return exports.download(request, table)
    context = {
        **account,
        **_words(comparison),
        **_portal_changes(request, account, comparison),
        "pair": pair,
        "choices": _choices(pair),
        "problems": problems,
        "table": page_table(request, table),
        "invoice_list": found,
        "answer": found,
        "copy_reason": copy_reason,
    }
    return render(request, "billing/invoices/comparison/comparison.html", context)


def _id_in(request: PageRequest, name: str) -> str:
    invoice_id = request.GET.get(name, "")
    if invoice_id and not INVOICE_ID.fullmatch(invoice_id):
        raise InvalidIdentifier(name)
    return invoice_id


def _problems(pair: Pair, *, is_missing: bool) -> tuple[str, ...]:
    count = len(pair.invoice_list.invoices)
    if is_missing or not (pair.is_whole or pair.invoice_list.is_complete):
        return (
            f"Not found among the newest {count:,} invoices. The account has older ones, which were not read.",
        )
    if pair.old is None or pair.new is None:
        return ("There are no two finalized invoices to compare.",)
    if pair.old == pair.new:
        return ("Choose two different invoices.",)
    return gaps(pair.old, pair.new)


def _table(comparison: Comparison | None, billing_account_id: str, incomplete: str) -> Table[Part]:
    currency = comparison.currency if comparison else ""
    columns: tuple[Column[Part], ...] = (
        Column("cause", "Cause", lambda part: part.cause.value, is_sortable=False),
        Column(
            "item",
            "Item",
            lambda part: part.item,
            template="billing/invoices/comparison/item.html",
            note=lambda part: explain(comparison, part) if comparison else "",
            is_sortable=False,
        ),
        Column(
            "amount",
            "Amount",
            lambda part: Amount(part.amount, currency),
            Kind.MONEY,
            template="billing/invoices/comparison/amount.html",
            is_sortable=False,
        ),
    )
    ids = (comparison.old.invoice.id or "", comparison.new.invoice.id or "") if comparison else ()
    return Table(
        "comparison",
        "Parts of the difference",
        columns,
        comparison.parts if comparison else (),
        about=(billing_account_id, *ids, currency.upper()),
        incomplete=incomplete,
        names_currency=True,
    )


def _words(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {}
    return {
        "comparison": comparison,
        "summary": summary(comparison, timezone.get_current_timezone()),
        "doubts": doubts(comparison),
    }


def _portal_changes(
    request: PageRequest, account: AccountIds, comparison: Comparison | None
) -> dict[str, Any]:
    """Return the changes between the two invoices, whichever is newer; None if their dates are not known."""
    bills = (comparison.old, comparison.new) if comparison else ()
    moments = sorted(one.invoice.created_at for one in bills if one.invoice.created_at)
    if len(moments) < 2:
        return {"portal_changes": None}
    actor = actor_of(request)
    found = changes_between(
        actor, account["workspace_id"], account["billing_account_id"], moments[0], moments[1]
    )
    return {
        "portal_changes": found,
        "own_changes": changes.filter_own(actor, [one.entry.subject for one in found]),
    }


def _choices(pair: Pair) -> list[tuple[Invoice, str]]:
    """Return the newest finalized invoices, and the two that are compared."""
    rows = pair.invoice_list.invoices
    offered = {id(one) for one in (*finalized(rows)[:_CHOICES], pair.old, pair.new) if one is not None}
    return [(one, name_of(one)) for one in rows if id(one) in offered and one.id]
