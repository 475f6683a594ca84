"""What a scan keeps of each object: the fields that lists, queues and exports need, under Altostrat's names."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from billing.altostrat.fields import Resource
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.altostrat.resources.workspaces import Workspace
from billing.services.scans.store import Document


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
        "currency": found.currency,
        "country": found.address.country if found.address else None,
        "workspace_id": workspace["id"],
        "workspace_name": workspace.get("name"),
        "billing_mode": workspace.get("billing_mode"),
        **({"delinquent": True} if found.extra.get("delinquent") is True else {}),
        **({"balance": found.extra["balance"]} if type(found.extra.get("balance")) is int else {}),
    }


def subscription(found: Subscription) -> Document:
    return {
        "id": found.id,
        "status": found.status,
        "currency": found.currency,
        "current_period_end": timestamp(found.current_period_end),
        "created_at": timestamp(found.created_at),
        "updated_at": timestamp(found.updated_at),
        **_sent(found.stripe),
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
