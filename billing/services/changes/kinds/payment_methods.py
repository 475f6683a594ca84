"""Making a payment method the default, detaching one, and asking for a form for a new one.

https://altostrat.io/docs/api/en/payment-methods
"""

from __future__ import annotations

from typing import Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import NotFound
from billing.altostrat.operations.payment_methods import (
    CREATE_SETUP_INTENT,
    DETACH_PAYMENT_METHOD,
    LIST_PAYMENT_METHODS,
    SET_DEFAULT_PAYMENT_METHOD,
)
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.payment_names import payment_method_name
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State

# https://altostrat.io/docs/api/en/payment-methods/create-a-setup-intent
MOST: Final = 5
# What Altostrat calls active is not documented: these are those that go on by themselves. It has the last word.
RUNNING: Final = frozenset({"active", "trialing", "past_due"})

_LABELS: Final = {"default": "Default", "payment_method": "Payment method", "form": "Card form"}
_FORM: Final = "one of Stripe, for one more payment method"


def label(name: str) -> str:
    """What people call a field."""
    return _LABELS.get(name, name)


def words(method: PaymentMethod) -> str:
    """A payment method as people tell it from others."""
    name = payment_method_name(method.brand, method.type)
    number = f" •••• {method.last4}" if method.last4 else ""
    return f"{name}{number} ({method.id})"


def why_not_detach(*, count: int, is_default: bool, running: int) -> str:
    """Why Altostrat would refuse to detach a payment method, or nothing."""
    if count == 1:
        return "It is the only payment method of the account: add another one first."
    if is_default and running:
        return "It is the default, and there are active subscriptions: make another one the default first."
    return ""


def why_not_add(count: int) -> str:
    """Why there can be no further payment method, or nothing."""
    return f"A billing account has at most {MOST} payment methods: detach one first." if count >= MOST else ""


def _methods(client: AltostratClient, ids: Ids) -> tuple[PaymentMethod, ...]:
    return client.call(LIST_PAYMENT_METHODS, **_account(ids)).value.items


def _account(ids: Ids) -> Ids:
    return {name: ids[name] for name in ("workspace_id", "billing_account_id")}


def _list(ids: Ids) -> str:
    """All of an account together: one of them is the default."""
    return LIST_PAYMENT_METHODS.path(_account(ids))


def _one(methods: tuple[PaymentMethod, ...], ids: Ids) -> PaymentMethod:
    """Altostrat has no call for one of them. Raises NotFound."""
    for method in methods:
        if method.id == ids["payment_method_id"]:
            return method
    raise NotFound("GET", LIST_PAYMENT_METHODS.path_template, 404)


def _read_default(client: AltostratClient, ids: Ids) -> State:
    methods = _methods(client, ids)
    default = next((method for method in methods if method.is_default), None)
    return {
        "default": words(default) if default else None,
        "_default_id": default.id if default else None,
        "_wanted": words(_one(methods, ids)),
    }


def _default_after(payload: Payload) -> State:
    return {**payload.before, "default": payload.before.get("_wanted")}


def _is_default(payload: Payload, now: State | None) -> Found:
    if now is None:
        return Found.CANNOT_TELL
    if now["_default_id"] == payload.ids["payment_method_id"]:
        return Found.APPLIED
    return Found.NOT_APPLIED if now["_default_id"] == payload.before["_default_id"] else Found.CANNOT_TELL


def _former_default(payload: Payload) -> Draft | None:
    former = payload.before.get("_default_id")
    if not former:
        return None
    ids = {**payload.ids, "payment_method_id": former}
    return Draft(SET_DEFAULT.verb, ids, {}, opened={"default": payload.before.get("_wanted")})


def _read_to_detach(client: AltostratClient, ids: Ids) -> State:
    methods = _methods(client, ids)
    method = _one(methods, ids)
    running = 0
    if method.is_default:
        subscriptions = client.call(LIST_SUBSCRIPTIONS, **_account(ids)).value.items
        running = sum(row.status in RUNNING for row in subscriptions)
    return {
        "payment_method": words(method),
        "_last4": method.last4,
        "_count": len(methods),
        "_is_default": bool(method.is_default),
        "_running": running,
    }


def _obstacle_to_detaching(payload: Payload) -> str:
    before = payload.before
    return why_not_detach(
        count=before["_count"], is_default=before["_is_default"], running=before["_running"]
    )


def _is_gone(payload: Payload, now: State | None) -> Found:
    return Found.APPLIED if now is None else Found.NOT_APPLIED


def _read_known(client: AltostratClient, ids: Ids) -> State:
    return {"_known": sorted(method.id for method in _methods(client, ids) if method.id)}


def _nothing_was_attached(payload: Payload, now: State | None) -> Found:
    """A form whose answer is lost is a form that nobody can fill in. Whatever is new came in another way."""
    is_same = now is not None and now["_known"] == payload.before["_known"]
    return Found.NOT_APPLIED if is_same else Found.CANNOT_TELL


SET_DEFAULT: Final = Kind(
    verb="payment_method.set_default",
    operation=SET_DEFAULT_PAYMENT_METHOD,
    title="Make a payment method the default",
    button="Make it the default",
    done="The default payment method was changed.",
    subject=lambda payload: str(payload.before.get("_wanted") or ""),
    label=label,
    read=_read_default,
    body=lambda payload: None,
    after=_default_after,
    is_mergeable=False,
    needs_reason=True,
    consequences=lambda payload: ("Later invoices of its subscriptions are charged to it.",),
    judge=_is_default,
    inverse=_former_default,
    written_to=_list,
)

DETACH: Final = Kind(
    verb="payment_method.detach",
    operation=DETACH_PAYMENT_METHOD,
    title="Detach a payment method",
    button="Detach it for good",
    done="The payment method was detached.",
    subject=lambda payload: str(payload.before.get("payment_method") or ""),
    label=label,
    read=_read_to_detach,
    body=lambda payload: None,
    after=lambda payload: {},
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: tuple(
        text for text in (payload.before.get("_last4"), payload.ids["payment_method_id"]) if text
    ),
    consequences=lambda payload: (
        "Nothing is charged to it any more.",
        "It cannot be brought back: its owner would have to enter it again, in the form of Stripe.",
        *(
            ("It is the default: nothing else is charged instead of it by itself.",)
            if payload.before.get("_is_default")
            else ()
        ),
    ),
    obstacle=_obstacle_to_detaching,
    judge=_is_gone,
    written_to=_list,
)

SETUP_INTENT: Final = Kind(
    verb="payment_method.setup_intent",
    operation=CREATE_SETUP_INTENT,
    title="Form for a new payment method",
    button="Ask for the form",
    done="Altostrat gave a form for a new payment method.",
    label=label,
    read=_read_known,
    # The answer holds a secret: nothing of it is kept, so there is nothing to read again.
    read_result=lambda client, ids: {"form": _FORM},
    body=lambda payload: None,
    after=lambda payload: {**payload.before, "form": _FORM},
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: (
        "Nothing is attached or charged by this: it takes a person who fills the form in.",
    ),
    obstacle=lambda payload: why_not_add(len(payload.before["_known"])),
    judge=_nothing_was_attached,
    not_applied="Nothing was attached. The form may exist at Altostrat all the same, and nobody can fill it in.",
)
