"""Creating a subscription. https://altostrat.io/docs/api/en/subscriptions/create-a-subscription"""

from __future__ import annotations

from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.subscriptions import (
    CHECK_TRIAL_ELIGIBILITY,
    CREATE_SUBSCRIPTION,
    LIST_SUBSCRIPTIONS,
    RETRIEVE_SUBSCRIPTION,
)
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status.statements import RUNNING
from billing.services.changes.kind import Found, Ids, Payload, State
from billing.services.changes.kinds.bases import Creation, check_new_entry
from billing.services.changes.kinds.subscriptions.states import (
    PAIR,
    PRODUCT,
    SubscriptionKind,
    pairs_in,
    part_of,
    products_in,
    state_of,
)

# From a guide in https://altostrat.io/docs, for each billing account.
MAX_RUNNING: Final = 3


def _quantities(subscription: Subscription) -> dict[str, int | None]:
    return {name: item.quantity for name, item in (subscription.product_quantities or {}).items()}


class CreateSubscription(Creation, SubscriptionKind):
    verb = "subscription.create"
    operation = CREATE_SUBSCRIPTION
    retrieve = RETRIEVE_SUBSCRIPTION
    id_name = "subscription_id"
    title = "New subscription"
    button = "Create subscription"
    success_message = "Subscription created"
    needs_reason = True

    def read(self, client: AltostratClient, ids: Ids) -> State:
        """Read the existing subscriptions, and whether another one is possible, with a trial or without."""
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

    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        return part_of(state_of(client.call(RETRIEVE_SUBSCRIPTION, **ids).value), PRODUCT, PAIR)

    def body(self, payload: Payload) -> dict[str, Any]:
        pairs = pairs_in(payload.wanted)
        return {"product_quantities": products_in(payload.wanted)} | ({"metadata": pairs} if pairs else {})

    def show(self, name: str, value: Any) -> str:
        return "" if value is None else super().show(name, value)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        trial = payload.before["_trial"]
        if not trial["is_eligible"]:
            return ("There is no trial. The default payment method is charged from the start.",)
        days = trial["days"] or 14
        method = "" if trial["has_method"] else " Before it ends, the account needs a default payment method."
        return (f"A trial of {days} days begins immediately, without a payment method.{method}",)

    def blocked_reason(self, payload: Payload) -> str:
        running, trial = payload.before["_running"], payload.before["_trial"]
        if running >= MAX_RUNNING:
            return f"An account can have {MAX_RUNNING} active subscriptions. This one has {running}."
        if trial["can_create"] is False:
            return "Altostrat requires a default payment method. Add one first."
        return ""

    def preview_body(self, payload: Payload) -> dict[str, Any]:
        rows = sorted(products_in(payload.wanted).items())
        return {"items": [{"product_type": name, "quantity": quantity} for name, quantity in rows]}

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        return check_new_entry(payload, now, products_in(payload.wanted))


CREATE: Final = CreateSubscription()
