"""What a change would cost, asked before it is sent: Altostrat's preview of an invoice, sealed with the change.

https://altostrat.io/docs/api/en/invoices/preview-an-invoice
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import AltostratError
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.resources.invoices import Invoice
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Ids, Payload
from billing.services.tokens import client_for

# Prices, proration and the period move on: an older preview says what it would have cost.
MAX_AGE: Final = timedelta(minutes=5)


def required_body(kind: Kind, payload: Payload) -> dict[str, Any] | None:
    """The body of the preview that a change needs; None for one that costs nothing."""
    return kind.preview_body(payload)


def create(actor: Actor, ids: Ids, body: dict[str, Any]) -> dict[str, Any]:
    """A fresh preview, as it is kept with a change. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, ids["workspace_id"]) as client:
        return _asked(client, ids, body)


def is_preview_error(error: AltostratError) -> bool:
    """Whether the call that failed was a preview."""
    return error.path_template == PREVIEW_INVOICE.path_template


def invoice_of(preview: dict[str, Any]) -> Invoice:
    """The invoice of a kept preview."""
    return Invoice.from_json(preview["invoice"])


def created_at(preview: dict[str, Any]) -> datetime:
    """When a kept preview was made."""
    return datetime.fromisoformat(preview["at"])


def is_expired(preview: dict[str, Any]) -> bool:
    """Whether it may not be relied upon any more."""
    return timezone.now() - created_at(preview) > MAX_AGE


def obstacle(kind: Kind, payload: Payload) -> str:
    """Why a change is not to be sent with the preview that it has; nothing when it may."""
    body = required_body(kind, payload)
    if body is None:
        return ""
    if payload.preview is None:
        return "There is no preview of what it costs yet. Make one first."
    if payload.preview["body"] != body:
        return "The preview is of something else than what would be sent now. Make it anew, and look at it."
    if is_expired(payload.preview):
        return "The preview is older than five minutes. Make it anew, and look at it."
    return ""


def _asked(client: AltostratClient, ids: Ids, body: dict[str, Any]) -> dict[str, Any]:
    account = {name: ids[name] for name in ("workspace_id", "billing_account_id")}
    answer = client.call(PREVIEW_INVOICE, None, body, **account)
    return {
        "body": body,
        "invoice": json.loads(answer.body),
        "at": answer.received_at.isoformat(),
        "request_id": answer.request_id,
    }
