"""Cancelling at the end of the period. https://altostrat.io/docs/api/en/subscriptions/cancel-a-subscription

No documented field says that a subscription is cancelled: it runs on until its period ends. The preview of its next
invoice does: what it says with a cancellation, and without, was different before, and is the same afterwards.
"""

from __future__ import annotations

import json
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import Refused
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.operations.subscriptions import CANCEL_SUBSCRIPTION, RETRIEVE_SUBSCRIPTION
from billing.services.changes.kind import Found, Ids, Kind, Payload, State
from billing.services.changes.kinds.subscriptions.states import (
    ENDED,
    PRODUCT,
    SOME_DAY,
    day,
    label,
    part_of,
    products_in,
    show,
    state_of,
    subject,
)


def _read(client: AltostratClient, ids: Ids) -> State:
    subscription = client.call(RETRIEVE_SUBSCRIPTION, **ids).value
    state = part_of(state_of(subscription), "status", PRODUCT)
    # Stripe's names, in case that Altostrat passes them on.
    extra = subscription.extra
    is_ending = extra.get("cancel_at_period_end") is True or bool(extra.get("cancel_at"))
    ends = (state["_period_end"] or SOME_DAY) if is_ending else None
    goes_on = extra.get("cancel_at_period_end") is False and not is_ending
    return state | {"ends": ends, "_goes_on": goes_on, "_next": _next_invoice(client, ids)}


def _next_invoice(client: AltostratClient, ids: Ids) -> list[Any] | None:
    account = {name: ids[name] for name in ("workspace_id", "billing_account_id")}
    body = {"subscription_id": ids["subscription_id"]}
    try:
        return _essence(json.loads(client.call(PREVIEW_INVOICE, None, body, **account).body))
    except Refused:
        return None


def _essence(invoice: dict[str, Any]) -> list[Any]:
    """What tells one invoice from another: neither its id nor its date."""
    lines = invoice.get("lines")
    count = len(lines) if isinstance(lines, list) else None
    return [invoice.get("subtotal"), invoice.get("total"), count]


def _judge(payload: Payload, now: State | None) -> Found:
    if now is None or now.get("ends") or now.get("status") in ENDED:
        return Found.APPLIED
    going_on, present = payload.before.get("_next"), now.get("_next")
    if payload.preview is None or going_on is None or present is None:
        return Found.CANNOT_TELL
    ended = _essence(payload.preview["invoice"])
    if ended == going_on:
        return Found.CANNOT_TELL
    if present == ended:
        return Found.APPLIED
    return Found.NOT_APPLIED if present == going_on else Found.CANNOT_TELL


def _consequences(payload: Payload) -> tuple[str, ...]:
    end = payload.before.get("_period_end")
    when = f"{day(end)}, the end of its period" if end else "the end of its period"
    products = [f"{quantity:,} {label(PRODUCT + name).lower()}" for name, quantity in _told(payload)]
    said = [f"It runs until {when}, and is not renewed."]
    if products:
        said.append(f"After that day these are gone: {', '.join(products)}.")
    said.append("Altostrat documents no way to take a cancellation back: a new subscription would be needed.")
    said.append("Altostrat refuses when what is in use would not fit into what remains.")
    return tuple(said)


def _told(payload: Payload) -> list[tuple[str, int]]:
    return [
        (name, quantity)
        for name, quantity in products_in(payload.before).items()
        if isinstance(quantity, int)
    ]


def _obstacle(payload: Payload) -> str:
    if payload.before.get("status") in ENDED:
        return "The subscription has ended already."
    return "It is cancelled already, and ends with its period." if payload.before.get("ends") else ""


def _done_before(earlier: Payload, payload: Payload) -> str:
    """Nothing documented takes a cancellation back, so that it holds as long as the period of then."""
    then, now = earlier.before, payload.before
    if now.get("_goes_on") or then.get("_period_end") != now.get("_period_end"):
        return ""
    return "It was cancelled through this portal already, and ends with its period."


CANCEL: Final = Kind(
    verb="subscription.cancel",
    operation=CANCEL_SUBSCRIPTION,
    title="Cancel the subscription",
    button="Cancel at the end of the period",
    done="The subscription is cancelled, and ends with its period.",
    subject=subject,
    label=label,
    show=show,
    read=_read,
    body=lambda payload: None,
    after=lambda payload: {**payload.before, "ends": payload.before.get("_period_end") or SOME_DAY},
    unseen=frozenset({"ends"}),
    evidence="its status, or the preview of its next invoice, is that of a cancelled one",
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: (payload.ids["subscription_id"],),
    consequences=_consequences,
    obstacle=_obstacle,
    done_before=_done_before,
    preview=lambda payload: {
        "subscription_id": payload.ids["subscription_id"],
        "cancel_subscription": True,
    },
    judge=_judge,
)
