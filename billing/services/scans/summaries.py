"""What a scan keeps of each object: the fields that lists, queues and exports need, under Altostrat's names."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from billing.altostrat.fields import Resource
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription, SubscriptionItem
from billing.altostrat.resources.workspaces import Workspace
from billing.services.invoices.aging import is_owed
from billing.services.invoices.recurring import MAX_MONTHS, billed, frequency_of, month_number
from billing.services.invoices.unit_prices import unit_amounts
from billing.services.scans.store import Document

# A link to an invoice ends in a secret of dozens of characters.
_MIN_SECRET: Final = 24
_LINK: Final = "link:"
_DIGITS: Final = 24
# The number of months in a report of recurring revenue.
REPORT_MONTHS: Final = 12
# Fields of Stripe's customers that change the account status.
ACCOUNT_MARKS: Final = ("deleted", "delinquent")


def workspace(found: Workspace) -> Document:
    return {
        "id": found.id,
        "name": found.name,
        "billing_mode": found.billing_mode,
        "archived": bool(found.archived),
    }


def account(found: BillingAccount, workspace: Document) -> Document:
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        **({"phone": found.phone} if found.phone else {}),
        "currency": found.currency,
        "country": found.address.country if found.address else None,
        "workspace_id": workspace["id"],
        "workspace_name": workspace.get("name"),
        "billing_mode": workspace.get("billing_mode"),
        **({"archived": True} if workspace.get("archived") else {}),
        **{mark: True for mark in ACCOUNT_MARKS if found.extra.get(mark) is True},
        **({"balance": found.extra["balance"]} if type(found.extra.get("balance")) is int else {}),
    }


def subscription(found: Subscription) -> Document:
    return {
        "id": found.id,
        "status": found.status,
        "currency": found.currency,
        "product_quantities": {
            product: _item(item) for product, item in (found.product_quantities or {}).items()
        },
        "current_period_end": timestamp(found.current_period_end),
        "created_at": timestamp(found.created_at),
        "updated_at": timestamp(found.updated_at),
        **_sent(found.stripe),
    }


def _item(found: SubscriptionItem) -> Document:
    count = found.extra.get("interval_count")
    return {
        "price_id": found.price_id,
        "quantity": found.quantity,
        "interval": found.interval,
        **({} if count is None else {"interval_count": count}),
    }


def payment_method(found: PaymentMethod) -> Document:
    return {
        "id": found.id,
        "type": found.type,
        "is_default": found.is_default,
        "brand": found.brand,
        "last4": found.last4,
        "exp_month": found.exp_month,
        "exp_year": found.exp_year,
    }


def invoice(found: Invoice) -> Document:
    """Summarize an invoice without its lines and bearer links."""
    return {
        "id": found.id,
        "number": found.number,
        "status": found.status,
        "currency": found.currency,
        "amount_due": found.amount_due,
        # A value that is not an amount stays one: nothing paid would be another statement.
        "amount_paid": "" if "amount_paid" in found.extra else found.amount_paid,
        "subtotal": found.subtotal,
        "discount_amount": found.discount_amount,
        "tax": found.tax,
        "total": found.total,
        "created_at": timestamp(found.created_at),
        "due_date": timestamp(found.due_date),
        **_sent(found.stripe),
    }


def searched(found: Invoice) -> list[object]:
    """Return what the search for invoices needs: of links only their keys, because links open without a sign-in."""
    links = filter(None, (found.hosted_invoice_url, found.invoice_pdf))
    return [
        found.id,
        found.number,
        found.status,
        found.total,
        found.currency,
        None if found.created_at is None else int(found.created_at.timestamp()),
        sorted(filter(None, set(map(link_key, links)))),
        int(found.due_date.timestamp()) if found.due_date is not None and is_owed(found) else None,
    ]


def link_key(url: str) -> str:
    """Return a digest of the secret part of a link to a hosted invoice or its PDF; empty if it has none."""
    secrets = [part for part in urlsplit(url).path.split("/") if len(part) >= _MIN_SECRET]
    return f"{_LINK}{hashlib.sha256(secrets[-1].encode()).hexdigest()[:_DIGITS]}" if secrets else ""


def is_link_key(text: str) -> bool:
    return text.startswith(_LINK) and len(text) == len(_LINK) + _DIGITS


def short_prices(subscriptions: Iterable[Subscription]) -> list[str]:
    """Return the IDs of the prices that are billed at least every month."""
    items = (item for one in subscriptions for item in (one.product_quantities or {}).values())
    found = {item.price_id for item in items if (often := frequency_of(item)) is not None and often.is_short}
    return sorted(filter(None, found))


def recurring(invoices: Sequence[Invoice], short: Collection[str], now: datetime) -> Document:
    """Summarize what recurs on these invoices, newest first.

    Keep what they billed of each price as long as a report needs it, when the first one billed something, and the unit
    amount of each price with its currency.
    """
    prices: dict[tuple[str, str], list[tuple[int, int | None]]] = {}
    first_at: int | None = None
    for one in billed(invoices):
        seconds = int(one.at.timestamp())
        if one.amount:
            first_at = min(seconds, first_at or seconds)
        age = month_number(now) - month_number(one.at)
        if one.amount != 0 and age <= REPORT_MONTHS + (1 if one.price_id in short else MAX_MONTHS):
            prices.setdefault((one.currency, one.price_id), []).append((seconds, one.amount))
    return {
        "billed": [[*price, found] for price, found in prices.items()],
        "first_at": first_at,
        "units": {
            price_id: [unit.minor, (unit.currency or "").lower()]
            for price_id, unit in unit_amounts(invoices).items()
        },
    }


def _sent(resource: Resource) -> Document:
    """Return the fields that have a value, as JSON. What cannot be read becomes a list, which cannot be read either."""
    names = [one.name for one in fields(resource) if one.name != "extra"]
    values = {name: getattr(resource, name) for name in names}
    unreadable = {name: ["unreadable"] for name in names if resource.extra.get(name)}
    return {name: _json(value) for name, value in values.items() if value is not None} | unreadable


def _json(value: Any) -> Any:
    if isinstance(value, Resource):
        return _sent(value)
    return timestamp(value) if isinstance(value, datetime) else value


def timestamp(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
