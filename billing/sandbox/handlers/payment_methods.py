"""Payment methods. Customers add them in the browser, for which the sandbox has a control: see docs/sandbox.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billing.sandbox.calls import Call, Reply, listed, not_found, unprocessable
from billing.sandbox.routes import operation
from billing.sandbox.state import State
from billing.sandbox.validation import invalid

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}/payment-methods"
_ONE: Final = _ALL + "/{paymentMethodId}"


MAX_PAYMENT_METHODS: Final = 5
_FIELDS: Final = ("type", "brand", "last4", "exp_month", "exp_year", "name", "bank_name")
_CARD: Final = ("card", "visa", "4242", 12, 2034, None, None)


@operation("GET", _ALL)
def index(call: Call) -> Reply:
    return listed(_rows(call))


@operation("POST", _ALL, "admin")
def create_setup_intent(call: Call) -> Reply:
    """Return a secret for the browser. No payment method is attached yet."""
    if len(_rows(call)) >= MAX_PAYMENT_METHODS:
        raise _too_many()
    intent = call.state.new_id("seti_", 24)
    document = {
        "client_secret": f"{intent}_secret_{call.state.new_id('', 24)}",
        "publishable_key": "pk_test_sandbox000000000000000000",
    }
    return Reply(201, document)


@operation("PUT", _ONE, "admin")
def set_default(call: Call) -> Reply:
    chosen = _method(call)
    for row in _rows(call):
        row["is_default"] = row is chosen
    return Reply(200, {"message": "Default payment method updated"})


@operation("DELETE", _ONE, "admin")
def detach(call: Call) -> Reply:
    """Detach a payment method, but not the only one, nor the default one while a subscription is active."""
    method, rows = _method(call), _rows(call)
    if method["is_default"] and call.state.running(call.ids["billingAccountId"]):
        raise unprocessable(
            "cannot_detach_default_with_subscriptions",
            "Cannot delete the default payment method while active subscriptions exist. "
            "Please set another payment method as default first.",
        )
    if len(rows) == 1:
        raise unprocessable("cannot_detach_only_payment_method", "Cannot delete the only payment method.")
    rows.remove(method)
    return Reply(204)


def attach(state: State, account_id: str, details: Mapping[str, Any]) -> Reply:
    """Attach a payment method, as Stripe.js and Altostrat do. The first one becomes the default."""
    rows = state.payment_methods.get(account_id)
    if rows is None:
        raise not_found()
    if len(rows) >= MAX_PAYMENT_METHODS:
        raise _too_many()
    given = dict(zip(_FIELDS, _CARD, strict=True)) | {
        name: details[name] for name in _FIELDS if name in details
    }
    method = {"id": state.new_id("pm_", 24), **given, "is_default": not rows}
    rows.append(method)
    return Reply(201, method)


def _too_many() -> Exception:
    return invalid(
        {"payment_method": [f"A billing account may have at most {MAX_PAYMENT_METHODS} payment methods."]}
    )


def _rows(call: Call) -> list[dict[str, Any]]:
    return call.state.payment_methods.setdefault(call.ids["billingAccountId"], [])


def _method(call: Call) -> dict[str, Any]:
    for row in _rows(call):
        if row["id"] == call.ids["paymentMethodId"]:
            return row
    raise not_found()
