"""What goes elsewhere: a summary for a ticket without anything personal, and the same data as calls of our API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.http import HttpRequest

from billing.amounts import format_amount
from billing.pages.billing_accounts.headline import Headline
from billing.pages.billing_accounts.panel_data import INVOICES_SHOWN
from billing.pages.billing_accounts.panels import Sight
from billing.payment_names import payment_method_name
from billing.services.billing_accounts.reads import (
    AT_ONCE,
    INVOICES,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    path_in_our_api,
)

_NAMES: Final = {
    "account": "The account",
    "subscriptions": "Its subscriptions",
    "invoices": "Its latest invoices",
    "payment_methods": "Its payment methods",
    "workspace": "The workspace",
    "organizations": "The organizations of the workspace",
}
# What Altostrat may put into a field, and Markdown would take for its own.
_MARKS: Final = re.compile(r"[^\w .,:;/()+%€£$¥-]")


def ticket_of(request: HttpRequest, sight: Sight, headline: Headline) -> str:
    """Markdown: ids, statuses, amounts and dates. No name, e-mail address, phone number, street, card holder or text
    that anybody typed."""
    return "\n".join(_ticket(request, sight, headline)) + "\n"


def calls_of(request: HttpRequest, sight: Sight) -> tuple[tuple[str, str], ...]:
    """What each read is, and the line for a shell that makes it: `$PORTAL_KEY` holds a portal key."""
    return tuple(
        (_NAMES[name], _call(request, path_in_our_api(sight.workspace_id, sight.billing_account_id, name)))
        for name in AT_ONCE
    )


def _call(request: HttpRequest, path: str) -> str:
    return (
        f"curl --fail-with-body -H \"Authorization: Bearer $PORTAL_KEY\" '{request.build_absolute_uri(path)}'"
    )


def _ticket(request: HttpRequest, sight: Sight, headline: Headline) -> Iterator[str]:
    page = request.build_absolute_uri(_page_path(sight))
    yield f"**Billing account [`{sight.billing_account_id}`]({page})** in workspace `{sight.workspace_id}`"
    yield ""
    if headline.copy_of is not None:
        yield f"Copy of {_minute(headline.copy_of)}, at least in part: what has changed since is not in it."
        yield ""
    for line in headline.lines:
        yield f"- {_plain(line.sentence)}"
    yield from _subscriptions(sight)
    yield from _invoices(sight)
    yield from _methods(sight)
    yield ""
    yield f"As of {_minute(headline.as_of or sight.now)}."


def _subscriptions(sight: Sight) -> Iterator[str]:
    yield from ("", "**Subscriptions**", "")
    rows = sight.items(SUBSCRIPTIONS)
    for one in rows or ():
        products = ", ".join(
            f"{_plain(name)} {'?' if item.quantity is None else item.quantity}"
            for name, item in (one.product_quantities or {}).items()
        )
        until = f", period to {_day(one.current_period_end)}" if one.current_period_end else ""
        yield f"- `{_id(one.id)}` {_plain(one.status)}: {products or 'no products'}{until}"
    yield from _empty(rows)


def _invoices(sight: Sight) -> Iterator[str]:
    yield from ("", "**Latest invoices**", "")
    rows = sight.items(INVOICES)
    for one in (rows or ())[:INVOICES_SHOWN]:
        total = _plain(format_amount(one.total, one.currency)) or "amount not told"
        due = f", due {_day(one.due_date)}" if one.due_date else ""
        yield f"- `{_id(one.id)}` {_plain(one.status)}, {_day(one.created_at)}{due}, {total}"
    yield from _empty(rows)


def _methods(sight: Sight) -> Iterator[str]:
    yield from ("", "**Payment methods**", "")
    rows = sight.items(PAYMENT_METHODS)
    for one in rows or ():
        expiry = f", expires {one.exp_month:02d}/{one.exp_year}" if one.exp_month and one.exp_year else ""
        default = ", default" if one.is_default else ""
        last4 = f" {_plain(one.last4)}" if one.last4 else ""
        yield f"- {_plain(payment_method_name(one.brand, one.type))}{last4}{expiry}{default}"
    yield from _empty(rows)


def _empty(rows: tuple[object, ...] | None) -> Iterator[str]:
    if rows is None:
        yield "- could not be read"
    elif not rows:
        yield "- none"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _page_path(sight: Sight) -> str:
    return f"/workspaces/{sight.workspace_id}/billing-accounts/{sight.billing_account_id}/"


def _day(at: datetime | None) -> str:
    return "date not told" if at is None else f"{at.astimezone(UTC):%Y-%m-%d}"


def _id(text: str | None) -> str:
    return re.sub(r"[^\w-]", "", text or "")[:100] or "no id"


def _plain(text: str | None) -> str:
    return _MARKS.sub("", (text or "").replace("\u00a0", " "))[:300] or "not told"
