from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from billing.sandbox import Document, charges
from billing.sandbox.calls import Call, Reply, bad_request, conflict, listed, not_found, unprocessable
from billing.sandbox.capacity import shortage_after
from billing.sandbox.moments import add_months, short_stamp
from billing.sandbox.prices import PRODUCTS, item
from billing.sandbox.routes import operation
from billing.sandbox.validation import Fields, invalid

_ACCOUNT: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}"
_ALL: Final = _ACCOUNT + "/subscriptions"
_ONE: Final = _ALL + "/{subscriptionId}"

MAX_RUNNING: Final = 3
MAX_METADATA: Final = 10
TRIAL_DAYS: Final = 14
_KINDS: Final = ("action", "product_quantities", "add_products", "remove_products")


@operation("GET", _ALL)
def index(call: Call) -> Reply:
    return listed(_rows(call))


@operation("GET", _ONE)
def retrieve(call: Call) -> Reply:
    return Reply(200, _subscription(call))


@operation("POST", _ALL, "admin", takes_body=True)
def create(call: Call) -> Reply:
    """Start a trial if the account is eligible. Otherwise, charge the default payment method."""
    fields = Fields(call.body)
    fields.quantities("product_quantities", PRODUCTS, required=True)
    fields.metadata("metadata", MAX_METADATA)
    fields.finish()
    state, account = call.state, call.account
    if len(state.running(account["id"])) >= MAX_RUNNING:
        raise unprocessable(
            "subscription_limit_reached",
            f"A billing account may have at most {MAX_RUNNING} active subscriptions.",
        )
    trial = is_eligible(call)
    if not trial and state.default_method(account["id"]) is None:
        raise unprocessable(
            "payment_method_required",
            "A default payment method must be added before creating subscriptions.",
        )
    now = datetime.now(UTC)
    end = now + timedelta(days=TRIAL_DAYS) if trial else add_months(now, 1)
    subscription = {
        "id": state.new_id("sub_"),
        "billing_account_id": account["id"],
        "status": "trialing" if trial else "active",
        "currency": account["currency"],
        "product_quantities": {
            product: item(product, quantity, account["currency"])
            for product, quantity in call.body["product_quantities"].items()
        },
        "metadata": dict(call.body.get("metadata") or {}),
        "current_period_start": short_stamp(now),
        "current_period_end": short_stamp(end),
        "created_at": state.stamp(),
        "updated_at": state.stamp(),
    }
    _rows(call).append(subscription)
    if not trial:
        charges.charge(state, account, subscription, now)
    return Reply(201, subscription)


@operation("PATCH", _ONE, "admin", takes_body=True)
def update(call: Call) -> Reply:
    """Make exactly one kind of change; metadata may accompany new quantities."""
    subscription = _subscription(call)
    kinds = [kind for kind in _KINDS if kind in call.body]
    alone = "metadata" in call.body and kinds not in ([], ["product_quantities"])
    if len(kinds) > 1 or alone or not (kinds or "metadata" in call.body):
        raise invalid({"action": ["Send exactly one kind of change per request."]})
    fields = Fields(call.body)
    fields.choice("action", ("pause", "resume", "sync"))
    # Products that are no longer sold may stay.
    fields.quantities("product_quantities", {*PRODUCTS, *subscription["product_quantities"]})
    fields.quantities("add_products", PRODUCTS)
    _validate_removal(fields)
    merged = _merged(subscription["metadata"], call.body.get("metadata"))
    fields.metadata("metadata", MAX_METADATA)
    if len(merged) > MAX_METADATA:
        fields.wrong("metadata", f"The :field field must not have more than {MAX_METADATA} items.")
    fields.finish()
    if kinds == ["action"]:
        _apply_action(subscription, call.body["action"])
    elif kinds:
        _change_quantities(call, subscription, _wanted(call, subscription))
    subscription["metadata"] = merged
    subscription["updated_at"] = call.state.stamp()
    return Reply(200, subscription)


@operation("DELETE", _ONE, "admin")
def cancel(call: Call) -> Reply:
    """Cancel at the end of the period. Only `updated_at` changes, because no field is documented for this."""
    subscription = _subscription(call)
    if subscription not in call.state.running(call.ids["billingAccountId"]):
        raise conflict("subscription_not_active", "Only an active subscription can be canceled.")
    shortage = shortage_after(call.state, call.workspace, subscription, {})
    if shortage is not None:
        raise conflict(
            "cancellation_would_underprovision",
            "Cannot delete subscription. Deleting it would leave the account under-provisioned for "
            f"'{shortage.product}'. Current usage: {shortage.used}, "
            f"remaining capacity after deletion: {shortage.remaining}.",
        )
    call.state.canceling.add(subscription["id"])
    subscription["updated_at"] = call.state.stamp()
    return Reply(204)


@operation("GET", _ACCOUNT + "/trial-eligibility")
def check_trial_eligibility(call: Call) -> Reply:
    eligible = is_eligible(call)
    has_method = call.state.default_method(call.ids["billingAccountId"]) is not None
    message = (
        "This workspace qualifies for a 14-day free trial because it has only one billing account with no "
        "existing subscriptions."
        if eligible
        else "This workspace does not qualify for a free trial."
    )
    missing = "A default payment method must be added before creating subscriptions."
    document = {
        "trial_eligible": eligible,
        "has_payment_method": has_method,
        "can_create_subscription": eligible or has_method,
        "trial_info": {"trial_days": TRIAL_DAYS if eligible else 0, "message": message},
        "requirements": {} if has_method else {"add_payment_method": missing},
    }
    return Reply(200, document)


def is_eligible(call: Call) -> bool:
    """Return whether the account may start a trial: it is the only one of its workspace and has no subscription."""
    accounts = call.state.accounts[call.ids["workspaceId"]]
    return len(accounts) == 1 and not call.state.subscriptions.get(call.ids["billingAccountId"])


def _apply_action(subscription: Document, action: str) -> None:
    status = subscription["status"]
    if action == "pause":
        if status not in {"active", "trialing", "past_due"}:
            raise conflict("subscription_not_active", "Only an active subscription can be paused.")
        subscription["status"] = "paused"
    elif action == "resume":
        if status != "paused":
            raise conflict("subscription_not_paused", "Only a paused subscription can be resumed.")
        subscription["status"] = "active"


def _validate_removal(fields: Fields) -> None:
    value = fields.body.get("remove_products")
    if "remove_products" not in fields.body:
        return
    if not isinstance(value, list) or not value:
        fields.wrong("remove_products", "The :field field is required.")
        return
    for number, product in enumerate(value):
        if product not in PRODUCTS:
            fields.wrong(f"remove_products.{number}", "The selected :field is invalid.")


def _wanted(call: Call, subscription: Document) -> dict[str, int]:
    """Return all quantities after the requested change."""
    current = {product: row["quantity"] for product, row in subscription["product_quantities"].items()}
    if "product_quantities" in call.body:
        return dict(call.body["product_quantities"])
    if "add_products" in call.body:
        # The quantity is added to that of a subscribed product.
        added = call.body["add_products"]
        return current | {product: current.get(product, 0) + count for product, count in added.items()}
    removed = set(call.body["remove_products"])
    if not removed <= set(current):
        raise bad_request(
            "product_not_subscribed", "The subscription does not include every product to remove."
        )
    left = {product: count for product, count in current.items() if product not in removed}
    if not left:
        raise bad_request(
            "last_product", "The last product cannot be removed. Cancel the subscription instead."
        )
    return left


def _change_quantities(call: Call, subscription: Document, wanted: Mapping[str, int]) -> None:
    if subscription not in call.state.running(call.ids["billingAccountId"]):
        raise conflict("subscription_not_active", "Only an active subscription can be changed.")
    rows, currency = subscription["product_quantities"], subscription["currency"]
    shortage = shortage_after(call.state, call.workspace, subscription, wanted)
    if shortage is not None:
        message = (
            f"Cannot change subscription. It would leave the account under-provisioned for '{shortage.product}'. "
            f"Current usage: {shortage.used}, remaining capacity after the change: {shortage.remaining}."
        )
        if "remove_products" in call.body:  # as Altostrat's change log says
            raise bad_request("product_removal_failed", message)
        raise conflict("update_would_underprovision", message)
    call.state.prorations.setdefault(subscription["id"], []).extend(
        charges.prorations(subscription, wanted, datetime.now(UTC))
    )
    subscription["product_quantities"] = {
        product: rows[product] | {"quantity": quantity}
        if product in rows
        else item(product, quantity, currency)
        for product, quantity in wanted.items()
    }


def _merged(stored: Any, changes: Any) -> Document:
    """Return the stored metadata with the changes applied; null removes a key."""
    both = dict(stored or {}) | (dict(changes) if isinstance(changes, dict) else {})
    return {name: value for name, value in both.items() if value is not None}


def _rows(call: Call) -> list[Document]:
    return call.state.subscriptions.setdefault(call.ids["billingAccountId"], [])


def _subscription(call: Call) -> Document:
    for row in _rows(call):
        if row["id"] == call.ids["subscriptionId"]:
            return row
    raise not_found()
