"""Subscribing. https://altostrat.io/docs/api/en/subscriptions/create-a-subscription"""

from __future__ import annotations

from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.operations.subscriptions import (
    CHECK_TRIAL_ELIGIBILITY,
    CREATE_SUBSCRIPTION,
    LIST_SUBSCRIPTIONS,
    RETRIEVE_SUBSCRIPTION,
)
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status.statements import RUNNING
from billing.services.changes.kind import Found, Ids, Kind, Payload, State
from billing.services.changes.kinds.subscriptions.states import (
    PAIR,
    PRODUCT,
    label,
    pairs_in,
    part_of,
    products_in,
    show,
    state_of,
    subject,
)

# https://altostrat.io/docs: a guide says so of every billing account.
MOST_RUNNING: Final = 3


def _around(client: AltostratClient, ids: Ids) -> State:
    """The subscriptions that are there, and whether one more can come, with a trial or without."""
    listing = client.call(LIST_SUBSCRIPTIONS, **ids).value
    trial = client.call(CHECK_TRIAL_ELIGIBILITY, **ids).value
    info = trial.trial_info
    return {
        "_known": {one.id: _quantities(one) for one in listing.items if one.id},
        "_running": sum(one.status in RUNNING for one in listing.items),
        "_is_cut": bool(listing.has_more),
        "_trial": {
            "is_eligible": trial.trial_eligible,
            "has_method": trial.has_payment_method,
            "can_create": trial.can_create_subscription,
            "days": info.trial_days if info else None,
            "message": info.message if info else None,
            "requirements": list(trial.requirements or ()),
        },
    }


def _quantities(subscription: Subscription) -> dict[str, int | None]:
    return {name: item.quantity for name, item in (subscription.product_quantities or {}).items()}


def _obstacle(payload: Payload) -> str:
    running, trial = payload.before["_running"], payload.before["_trial"]
    if running >= MOST_RUNNING:
        return f"An account has at most three active subscriptions, and this one has {running}."
    if trial["can_create"] is False:
        return "Altostrat wants a default payment method first. Add one, then come back."
    return ""


def _consequences(payload: Payload) -> tuple[str, ...]:
    trial = payload.before["_trial"]
    if trial["is_eligible"]:
        days = trial["days"] or 14
        method = (
            "" if trial["has_method"] else " Without a default payment method by then, it cannot be paid for."
        )
        return (f"A trial of {days} days begins at once, without a payment method.{method}",)
    return ("There is no trial: it is paid for from the start, with the default payment method.",)


def _body(payload: Payload) -> dict[str, Any]:
    pairs = pairs_in(payload.wanted)
    return {"product_quantities": products_in(payload.wanted)} | ({"metadata": pairs} if pairs else {})


def _preview(payload: Payload) -> dict[str, Any]:
    rows = sorted(products_in(payload.wanted).items())
    return {"items": [{"product_type": name, "quantity": quantity} for name, quantity in rows]}


def _made(ids: Ids, document: dict[str, Any]) -> Ids:
    made = document.get("id")
    return {**ids, "subscription_id": made} if isinstance(made, str) else ids


def _read_made(client: AltostratClient, ids: Ids) -> State:
    if "subscription_id" not in ids:
        # A success without a body says no id.
        raise UnexpectedAnswer("GET", RETRIEVE_SUBSCRIPTION.path_template)
    return part_of(state_of(client.call(RETRIEVE_SUBSCRIPTION, **ids).value), PRODUCT, PAIR)


def _was_made(payload: Payload, now: State | None) -> Found:
    """One subscription more than before, with these quantities: it was made."""
    if now is None or now["_is_cut"]:
        return Found.CANNOT_TELL
    wanted = products_in(payload.wanted)
    fresh = [rows for key, rows in now["_known"].items() if key not in payload.before["_known"]]
    if fresh.count(wanted) == 1:
        return Found.APPLIED
    return Found.CANNOT_TELL if fresh else Found.NOT_APPLIED


CREATE: Final = Kind(
    verb="subscription.create",
    operation=CREATE_SUBSCRIPTION,
    title="New subscription",
    button="Subscribe",
    done="The subscription was created.",
    subject=subject,
    label=label,
    show=lambda name, value: "" if value is None else show(name, value),
    read=_around,
    read_result=_read_made,
    result_ids=_made,
    body=_body,
    is_mergeable=False,
    is_creation=True,
    needs_reason=True,
    consequences=_consequences,
    obstacle=_obstacle,
    preview=_preview,
    judge=_was_made,
)
