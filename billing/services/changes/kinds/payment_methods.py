"""Changing the default payment method, detaching one, and creating the setup intent for a new one.

https://altostrat.io/docs/api/en/payment-methods
"""

from __future__ import annotations

from typing import Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.payment_methods import (
    CREATE_SETUP_INTENT,
    DETACH_PAYMENT_METHOD,
    LIST_PAYMENT_METHODS,
    SET_DEFAULT_PAYMENT_METHOD,
)
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.payment_names import payment_method_name
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State
from billing.services.changes.kinds.bases import Deletion
from billing.services.changes.kinds.lists import find, require_whole

# https://altostrat.io/docs/api/en/payment-methods/create-a-setup-intent
MAX_PAYMENT_METHODS: Final = 5
# Altostrat does not document which subscriptions count as active. These renew automatically; Altostrat decides.
RUNNING: Final = frozenset({"active", "trialing", "past_due"})

_FORM: Final = "Stripe's form for a new payment method"


def describe(method: PaymentMethod) -> str:
    """Return a payment method with its brand and last digits: "Visa •••• 4242 (pm_1)"."""
    name = payment_method_name(method.brand, method.type)
    number = f" •••• {method.last4}" if method.last4 else ""
    return f"{name}{number} ({method.id})"


def detach_blocked_reason(*, count: int, is_default: bool, running: int) -> str:
    """Return why Altostrat would refuse to detach a payment method; empty if it would not."""
    if count == 1:
        return "It is the only payment method of the account. Add another one first."
    if is_default and running:
        return "It is the default of active subscriptions. Make another payment method the default first."
    return ""


def add_blocked_reason(count: int) -> str:
    """Return why an account cannot have another payment method; empty if it can."""
    return (
        f"A billing account can have {MAX_PAYMENT_METHODS} payment methods. Detach one first."
        if count >= MAX_PAYMENT_METHODS
        else ""
    )


def _account(ids: Ids) -> Ids:
    return {name: ids[name] for name in ("workspace_id", "billing_account_id")}


def _list(client: AltostratClient, ids: Ids) -> Listing[PaymentMethod]:
    return client.call(LIST_PAYMENT_METHODS, **_account(ids)).value


def _find(methods: Listing[PaymentMethod], ids: Ids) -> PaymentMethod:
    return find(methods, LIST_PAYMENT_METHODS, lambda method: method.id == ids["payment_method_id"])


class _PaymentMethodKind(Kind):
    def target_path(self, ids: Ids) -> str:
        """Return the list of payment methods, because a new default changes two of them."""
        return LIST_PAYMENT_METHODS.path(_account(ids))


class SetDefaultPaymentMethod(_PaymentMethodKind):
    verb = "payment_method.set_default"
    operation = SET_DEFAULT_PAYMENT_METHOD
    title = "Change default payment method"
    button = "Set as default"
    success_message = "Default payment method changed"
    is_mergeable = False
    needs_reason = True

    def read(self, client: AltostratClient, ids: Ids) -> State:
        methods = _list(client, ids)
        default = next((method for method in methods.items if method.is_default), None)
        if default is None:
            require_whole(methods, LIST_PAYMENT_METHODS)
        return {
            "default": describe(default) if default else None,
            "_default_id": default.id if default else None,
            "_wanted": describe(_find(methods, ids)),
        }

    def after(self, payload: Payload) -> State:
        return {**payload.before, "default": payload.before.get("_wanted")}

    def subject(self, payload: Payload) -> str:
        return str(payload.before.get("_wanted") or "")

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Future invoices of the account's subscriptions are charged to it.",)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None:
            return Found.CANNOT_TELL
        if now["_default_id"] == payload.ids["payment_method_id"]:
            return Found.APPLIED
        is_same = now["_default_id"] == payload.before["_default_id"]
        return Found.NOT_APPLIED if is_same else Found.CANNOT_TELL

    def inverse(self, payload: Payload) -> Draft | None:
        former = payload.before.get("_default_id")
        if not former:
            return None
        ids = {**payload.ids, "payment_method_id": former}
        return Draft(self.verb, ids, {}, opened={"default": payload.before.get("_wanted")})


class DetachPaymentMethod(_PaymentMethodKind, Deletion):
    verb = "payment_method.detach"
    operation = DETACH_PAYMENT_METHOD
    id_name = "payment_method_id"
    title = "Detach payment method"
    button = "Detach payment method"
    success_message = "Payment method detached"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        methods = _list(client, ids)
        method = _find(methods, ids)
        running = 0
        if method.is_default:
            subscriptions = client.call(LIST_SUBSCRIPTIONS, **_account(ids)).value.items
            running = sum(row.status in RUNNING for row in subscriptions)
        return {
            "payment_method": describe(method),
            "_last4": method.last4,
            "_count": len(methods.items) + bool(methods.has_more),
            "_is_default": bool(method.is_default),
            "_running": running,
        }

    def subject(self, payload: Payload) -> str:
        return str(payload.before.get("payment_method") or "")

    def confirmation(self, payload: Payload) -> tuple[str, ...]:
        return tuple(text for text in (payload.before.get("_last4"), payload.ids[self.id_name]) if text)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        sentences = (
            "It is no longer charged.",
            "It cannot be restored. Its owner would have to enter it again in Stripe's form.",
        )
        if payload.before.get("_is_default"):
            return (
                *sentences,
                "It is the default, and no other payment method becomes the default automatically.",
            )
        return sentences

    def blocked_reason(self, payload: Payload) -> str:
        before = payload.before
        return detach_blocked_reason(
            count=before["_count"], is_default=before["_is_default"], running=before["_running"]
        )


class CreateSetupIntent(Kind):
    """A request for Stripe's form. Altostrat's answer contains a secret, so none of it is stored."""

    verb = "payment_method.setup_intent"
    operation = CREATE_SETUP_INTENT
    title = "Open payment method form"
    button = "Open form"
    success_message = "Payment method form created"
    not_applied = "No payment method was added. Altostrat may have created the form, but it cannot be used."
    is_mergeable = False
    is_creation = True

    def read(self, client: AltostratClient, ids: Ids) -> State:
        methods = _list(client, ids)
        known = sorted(method.id for method in methods.items if method.id)
        return {"_known": known, "_is_cut": bool(methods.has_more)}

    def read_result(self, client: AltostratClient, ids: Ids) -> State:
        return {"form": _FORM}

    def after(self, payload: Payload) -> State:
        return {**payload.before, "form": _FORM}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return (
            "Nothing is added or charged yet: the payment method is added when someone submits the form.",
        )

    def blocked_reason(self, payload: Payload) -> str:
        return add_blocked_reason(len(payload.before["_known"]))

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        """Never confirm. If the answer is lost, the form cannot be shown, and no payment method is added."""
        if now is None or now["_is_cut"] or now["_known"] != payload.before["_known"]:
            return Found.CANNOT_TELL
        return Found.NOT_APPLIED


SET_DEFAULT: Final = SetDefaultPaymentMethod()
DETACH: Final = DetachPaymentMethod()
SETUP_INTENT: Final = CreateSetupIntent()
