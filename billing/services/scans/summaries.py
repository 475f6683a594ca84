"""What a scan keeps of Altostrat's objects: their own field names, without what nobody asks a list for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.altostrat.resources.workspaces import Workspace

Document = dict[str, Any]


def workspace(found: Workspace) -> Document:
    """A workspace."""
    return {
        "id": found.id,
        "name": found.name,
        "billing_mode": found.billing_mode,
        "archived": bool(found.archived),
    }


def account(found: BillingAccount, of: Document) -> Document:
    """An account with its workspace."""
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "currency": found.currency,
        "country": found.address.country if found.address else None,
        "workspace_id": of["id"],
        "workspace_name": of.get("name"),
        "billing_mode": of.get("billing_mode"),
    }


def subscription(found: Subscription) -> Document:
    """Its state and period, without quantities."""
    return {
        "id": found.id,
        "status": found.status,
        "currency": found.currency,
        "current_period_end": moment(found.current_period_end),
        "created_at": moment(found.created_at),
        "updated_at": moment(found.updated_at),
        "cancel_at_period_end": found.extra.get("cancel_at_period_end") is True,
        "cancel_at": bool(found.extra.get("cancel_at")),
    }


def payment_method(found: PaymentMethod) -> Document:
    """What may be shown of it."""
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
    """Without its lines and its bearer links."""
    return {
        "id": found.id,
        "number": found.number,
        "status": found.status,
        "currency": found.currency,
        "amount_due": found.amount_due,
        "amount_paid": found.amount_paid,
        "subtotal": found.subtotal,
        "discount_amount": found.discount_amount,
        "tax": found.tax,
        "total": found.total,
        "created_at": moment(found.created_at),
        "due_date": moment(found.due_date),
    }


def moment(at: datetime | None) -> str | None:
    """As Altostrat writes it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
