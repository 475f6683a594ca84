"""Altostrat's preview of the invoice that a change would cause, made before it is sent and sealed with it.

https://altostrat.io/docs/api/en/invoices/preview-an-invoice
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from billing import masks
from billing.altostrat.errors import AltostratError, Overloaded
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.resources.invoices import Invoice
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import next_bill
from billing.services.changes.attempt import Attempt
from billing.services.changes.comparison import needs_comparison
from billing.services.changes.payload import Ids, Payload
from billing.services.reads import Reader, Result
from billing.services.tokens import NoToken, client_for
from billing.vault import CannotUnseal

# Prices, proration and the period change, so an older preview may be wrong.
MAX_AGE: Final = timedelta(minutes=5)
# A review is useful without the present bill, so it does not wait longer for it.
_WAIT_SECONDS: Final = 2.0


def create(actor: Actor, ids: Ids, body: dict[str, Any]) -> dict[str, Any]:
    """Request a preview and return it as it is stored with a change. Raise NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    account = {name: ids[name] for name in ("workspace_id", "billing_account_id")}
    with client_for(actor, ids["workspace_id"]) as client:
        answer = client.call(PREVIEW_INVOICE, None, body, **account)
    invoice = json.loads(answer.body)
    return {
        "body": body,
        "invoice": masks.value("", invoice) if actor.is_masked else invoice,
        "at": answer.received_at.isoformat(),
        "request_id": answer.request_id,
    }


def with_preview(attempt: Attempt) -> Attempt:
    """Add a fresh preview to a change that moves money. Raise NoToken, AltostratError.

    If the change needs a comparison first, it gets its preview afterwards.
    """
    body = attempt.kind.preview_body(attempt.payload)
    if body is None or needs_comparison(attempt):
        return attempt
    return attempt.with_payload(preview=create(attempt.actor, attempt.payload.ids, body))


def bill_before(actor: Actor, payload: Payload) -> Result | None:
    """Read the next bill without a change that has not been sent; None if it has no subscription or cannot be read."""
    names = ("workspace_id", "billing_account_id", "subscription_id")
    if not all(payload.ids.get(name) for name in names):
        return None
    ids = [payload.ids[name] for name in names]
    with suppress(NoToken, CannotUnseal, Overloaded):
        reader, reads = Reader(actor, ids[0]), {"bill": next_bill(*ids)}
        found = reader.read(reads, wait_seconds=_WAIT_SECONDS, reuse_recent=True, reuse_copies=True)
        return found["bill"]
    return None


def is_preview_error(error: AltostratError) -> bool:
    """Return whether the call that failed was a preview."""
    return error.path_template == PREVIEW_INVOICE.path_template


def invoice_of(preview: dict[str, Any]) -> Invoice:
    """Return the invoice in a stored preview."""
    return Invoice.from_json(preview["invoice"])


def created_at(preview: dict[str, Any]) -> datetime:
    """Return when a stored preview was made."""
    return datetime.fromisoformat(preview["at"])


def is_expired(preview: dict[str, Any]) -> bool:
    """Return whether a stored preview is too old to send a change with it."""
    return timezone.now() - created_at(preview) > MAX_AGE


def blocked_reason(attempt: Attempt) -> str:
    """Return why the change cannot be sent with its present preview; empty if it can."""
    body, preview = attempt.kind.preview_body(attempt.payload), attempt.payload.preview
    if body is None:
        return ""
    if preview is None:
        return "There is no preview yet. Refresh the preview first."
    if preview["body"] != body:
        return "The preview is for different values than those to be sent. Refresh it and check it."
    if is_expired(preview):
        return "The preview is older than five minutes. Refresh it and check it."
    return ""
