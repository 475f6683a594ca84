"""The Copy panel: a ticket summary without personal data, and the page's reads as calls of the portal's API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.http import HttpRequest

from billing.amounts import MINUS, format_amount
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.billing_accounts.headline import Headline
from billing.pages.billing_accounts.panel_data import INVOICES_SHOWN, ROWS_SHOWN
from billing.pages.rendering.invoices import is_partly_settled, remaining
from billing.payment_names import payment_method_name
from billing.services.billing_accounts.reads import (
    FIRST_READS,
    INVOICES,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    api_path,
)
from billing.services.invoices.comparison import compare
from billing.services.invoices.explanation import explain, signed, summary
from billing.services.invoices.pairs import newest_pair

_NAMES: Final = {
    "account": "Billing account",
    "subscriptions": "Subscriptions",
    "invoices": "Newest invoices",
    "payment_methods": "Payment methods",
    "workspace": "Workspace",
    "organizations": "Organizations of the workspace",
}
# Characters that Markdown could interpret are removed from Altostrat's fields.
_MARKS: Final = re.compile(r"[^\w .,:;/()+%€£$¥-]")


def ticket_summary(request: HttpRequest, data: AccountData, headline: Headline) -> str:
    """Return ids, statuses, amounts and dates in Markdown.

    The summary has no name, email address, phone number, street, card holder or free text.
    """
    return "\n".join(_ticket(request, data, headline)) + "\n"


def api_calls(request: HttpRequest, data: AccountData) -> tuple[tuple[str, str], ...]:
    """Return the title of each read, and its shell command, which expects a portal key in `$PORTAL_KEY`."""
    return tuple((_NAMES[name], _call(request, api_path(*data.ids, name))) for name in FIRST_READS)


def _call(request: HttpRequest, path: str) -> str:
    return (
        f"curl --fail-with-body -H \"Authorization: Bearer $PORTAL_KEY\" '{request.build_absolute_uri(path)}'"
    )


def _ticket(request: HttpRequest, data: AccountData, headline: Headline) -> Iterator[str]:
    page = request.build_absolute_uri(_page_path(data))
    yield f"**Billing account [`{data.billing_account_id}`]({page})** in workspace `{data.workspace_id}`"
    yield ""
    if headline.copy_of is not None:
        yield f"Based in part on a copy of {_minute(headline.copy_of)}; later changes are not included."
        yield ""
    elif headline.read_at is not None:
        yield f"Read at {headline.read_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC (copy)."
        yield ""
    for line in headline.lines:
        yield f"- {_plain(line.sentence)}"
    yield from _subscriptions(data)
    yield from _invoices(data)
    yield from _change_of_bill(data)
    yield from _methods(data)
    yield ""
    yield f"As of {_minute(headline.as_of or data.now)}."


def _subscriptions(data: AccountData) -> Iterator[str]:
    yield from ("", "**Subscriptions**", "")
    rows = data.items(SUBSCRIPTIONS)
    for one in (rows or ())[:ROWS_SHOWN]:
        products = ", ".join(
            f"{_plain(name)} {'?' if item.quantity is None else item.quantity}"
            for name, item in (one.product_quantities or {}).items()
        )
        until = f", period to {_day(one.current_period_end)}" if one.current_period_end else ""
        yield f"- `{_id(one.id)}` {_plain(one.status)}: {products or 'no products'}{until}"
    yield from _rest(data, SUBSCRIPTIONS)


def _invoices(data: AccountData) -> Iterator[str]:
    yield from ("", "**Newest invoices**", "")
    rows = data.items(INVOICES)
    for one in (rows or ())[:INVOICES_SHOWN]:
        total = _plain(format_amount(one.total, one.currency)) or "amount not provided"
        due = f", due {_day(one.due_date)}" if one.due_date else ""
        left = f", {_plain(str(remaining(one)))} remaining" if is_partly_settled(one) else ""
        yield f"- `{_id(one.id)}` {_plain(one.status)}, {_day(one.created_at)}{due}, {total}{left}"
    yield from _rest(data, INVOICES)


def _change_of_bill(data: AccountData) -> Iterator[str]:
    """Yield why the newest invoice differs from the one before; nothing if they cannot be compared."""
    old, new = newest_pair(tuple(data.items(INVOICES) or ()))
    comparison = compare(old, new) if old and new else None
    if comparison is None:
        return
    lines = [*(comparison.old.invoice.lines or ()), *(comparison.new.invoice.lines or ())]
    products = {line.product_name for line in lines}
    yield from ("", "**Why the bill changed**", "", _plain(summary(comparison, UTC)), "")
    for part in comparison.parts:
        # Other names may be free text: descriptions of lines, and discounts.
        item = f" {_plain(part.item)}" if part.item in products else ""
        amount, why = signed(part.amount, comparison.currency), explain(comparison, part)
        yield f"- {part.cause}{item}: {_plain(amount)}. {_plain(why)}"
    if not comparison.parts:
        yield "- no differences"


def _methods(data: AccountData) -> Iterator[str]:
    yield from ("", "**Payment methods**", "")
    rows = data.items(PAYMENT_METHODS)
    for one in (rows or ())[:ROWS_SHOWN]:
        expiry = f", expires {one.exp_month:02d}/{one.exp_year}" if one.exp_month and one.exp_year else ""
        default = ", default" if one.is_default else ""
        last4 = f" {_plain(one.last4)}" if one.last4 else ""
        yield f"- {_plain(payment_method_name(one.brand, one.type))}{last4}{expiry}{default}"
    yield from _rest(data, PAYMENT_METHODS)


def _rest(data: AccountData, name: str) -> Iterator[str]:
    """Yield what a list says beyond its rows."""
    rows = data.items(name)
    if rows is None:
        yield "- could not be read"
        return
    if name != INVOICES and len(rows) > ROWS_SHOWN:
        yield f"- and {len(rows) - ROWS_SHOWN} more"
    if data.is_cut(name) and (name != INVOICES or not rows):
        yield "- Altostrat has more than it listed"
    elif not rows:
        yield "- none"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _page_path(data: AccountData) -> str:
    return f"/workspaces/{data.workspace_id}/billing-accounts/{data.billing_account_id}/"


def _day(at: datetime | None) -> str:
    return "date not provided" if at is None else f"{at.astimezone(UTC):%Y-%m-%d}"


def _id(text: str | None) -> str:
    return re.sub(r"[^\w-]", "", text or "")[:100] or "no ID"


def _plain(text: str | None) -> str:
    return _MARKS.sub("", (text or "").replace("\u00a0", " ").replace(MINUS, "-"))[:300] or "not provided"
