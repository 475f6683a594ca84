"""Canceling at the end of the period. https://altostrat.io/docs/api/en/subscriptions/cancel-a-subscription

A canceled subscription runs until its period ends, and no documented field shows the cancellation. The preview of the
next invoice does: once the subscription is canceled, it equals the preview with a cancellation.
"""

from __future__ import annotations

import json
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import AltostratError, TokenRejected
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.operations.subscriptions import CANCEL_SUBSCRIPTION, RETRIEVE_SUBSCRIPTION
from billing.labels import label
from billing.services.billing_accounts.status.terms import ends_at
from billing.services.changes.kind import Found, Ids, Payload, State
from billing.services.changes.kinds.subscriptions.states import (
    END_OF_PERIOD,
    ENDED,
    PRODUCT,
    SubscriptionKind,
    day,
    part_of,
    products_in,
    state_of,
)


def _next_invoice(client: AltostratClient, ids: Ids) -> list[Any] | None:
    """Return the next invoice, to compare. None if it is not known: a refusal does not say that there is none."""
    account = {name: ids[name] for name in ("workspace_id", "billing_account_id")}
    body = {"subscription_id": ids["subscription_id"]}
    try:
        return _comparable(json.loads(client.call(PREVIEW_INVOICE, None, body, **account).body))
    except TokenRejected:
        raise
    except AltostratError:
        return None


def _comparable(invoice: dict[str, Any]) -> list[Any]:
    """Return the values that two previews must share to be equal. They do not include id and date."""
    lines = invoice.get("lines")
    count = len(lines) if isinstance(lines, list) else None
    return [invoice.get("subtotal"), invoice.get("total"), count]


class CancelSubscription(SubscriptionKind):
    verb = "subscription.cancel"
    operation = CANCEL_SUBSCRIPTION
    title = "Cancel subscription"
    button = "Cancel at end of period"
    success_message = "Subscription canceled; it ends with its period"
    evidence = "the status or the next invoice is that of a canceled subscription"
    is_mergeable = False
    is_dangerous = True
    needs_reason = True
    unseen = frozenset({"ends"})

    def read(self, client: AltostratClient, ids: Ids) -> State:
        subscription = client.call(RETRIEVE_SUBSCRIPTION, **ids).value
        state = part_of(state_of(subscription), "status", PRODUCT)
        is_canceled = subscription.is_canceled_at_period_end
        end = ends_at(subscription)
        ends = (end.isoformat() if end else state["_period_end"] or END_OF_PERIOD) if is_canceled else None
        goes_on = subscription.extra.get("cancel_at_period_end") is False and not is_canceled
        return state | {"ends": ends, "_goes_on": goes_on, "_next": _next_invoice(client, ids)}

    def after(self, payload: Payload) -> State:
        return {**payload.before, "ends": payload.before.get("_period_end") or END_OF_PERIOD}

    def confirmation(self, payload: Payload) -> tuple[str, ...]:
        return (payload.ids["subscription_id"],)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        end = payload.before.get("_period_end")
        when = f"{day(end)}, when its period ends" if end else "its period ends"
        products = [
            f"{quantity:,} {label(PRODUCT + name).lower()}"
            for name, quantity in products_in(payload.before).items()
            if isinstance(quantity, int)
        ]
        sentences = [f"It runs until {when}, and does not renew."]
        if products:
            sentences.append(f"After that, these are no longer available: {', '.join(products)}.")
        sentences.append(
            "Altostrat documents no way to revert a cancellation. You would need a new subscription."
        )
        sentences.append("Altostrat refuses this if more is in use than the remaining subscriptions cover.")
        return tuple(sentences)

    def blocked_reason(self, payload: Payload) -> str:
        if payload.before.get("status") in ENDED:
            return "The subscription has already ended."
        ends = payload.before.get("ends")
        if ends and ends not in (END_OF_PERIOD, payload.before.get("_period_end")):
            return f"It is already canceled, and ends on {day(ends)}."
        return "It is already canceled, and ends with its period." if ends else ""

    def blocked_reason_after(self, earlier: Payload, payload: Payload) -> str:
        """Refuse after an earlier cancellation, which holds for the rest of the period: no request reverses it."""
        then, now = earlier.before, payload.before
        if now.get("_goes_on") or then.get("_period_end") != now.get("_period_end"):
            return ""
        return "It was already canceled through this portal, and ends with its period."

    def preview_body(self, payload: Payload) -> dict[str, Any]:
        return {"subscription_id": payload.ids["subscription_id"], "cancel_subscription": True}

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None or now.get("ends") or now.get("status") in ENDED:
            return Found.APPLIED
        renewed, present = payload.before.get("_next"), now.get("_next")
        if payload.preview is None or renewed is None or present is None:
            return Found.CANNOT_TELL
        canceled = _comparable(payload.preview["invoice"])
        if canceled == renewed:
            return Found.CANNOT_TELL
        if present == canceled:
            return Found.APPLIED
        return Found.NOT_APPLIED if present == renewed else Found.CANNOT_TELL


CANCEL: Final = CancelSubscription()
