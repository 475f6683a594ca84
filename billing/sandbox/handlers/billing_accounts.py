from __future__ import annotations

from typing import Any, Final

from billing.sandbox.calls import Call, Reply, listed, unprocessable
from billing.sandbox.routes import operation
from billing.sandbox.validation import Fields

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts"
_ONE: Final = _ALL + "/{billingAccountId}"


CURRENCIES: Final = ("usd", "zar", "eur", "gbp", "aud")
MAX_ACCOUNTS: Final = {"single": 1, "assigned": 10, "pooled": 10}
_CHANGEABLE: Final = ("name", "email", "phone", "description", "address")
# Altostrat derives an omitted address from the caller's IP address, which is the portal's and not the customer's.
_CALLER_ADDRESS: Final = {"country": "NL", "city": "Amsterdam"}


@operation("GET", _ALL)
def index(call: Call) -> Reply:
    return listed(call.state.accounts[call.ids["workspaceId"]])


@operation("GET", _ONE)
def retrieve(call: Call) -> Reply:
    return Reply(200, call.account)


@operation("POST", _ALL, "admin", takes_body=True)
def create(call: Call) -> Reply:
    """Create an account, unless the billing mode allows no more."""
    fields = _validated(call, required=True)
    fields.choice("currency", CURRENCIES)
    rows, mode = call.state.accounts[call.ids["workspaceId"]], call.workspace["billing_mode"]
    fields.finish()
    if len(rows) >= MAX_ACCOUNTS[mode]:
        raise unprocessable(
            "billing_account_limit_reached",
            f"A workspace in {mode} billing mode may have at most {MAX_ACCOUNTS[mode]} billing account(s).",
        )
    now, body = call.state.stamp(), call.body
    account = {
        "id": call.state.new_id("cus_"),
        "workspace_id": call.ids["workspaceId"],
        "name": body["name"],
        "email": body["email"],
        "phone": body.get("phone") or None,
        "description": body.get("description") or None,
        "currency": body.get("currency", "usd"),
        "address": body.get("address") or dict(_CALLER_ADDRESS),
        "created_at": now,
        "updated_at": now,
    }
    rows.append(account)
    for table in (call.state.subscriptions, call.state.invoices, call.state.payment_methods):
        table[account["id"]] = []
    return Reply(201, account)


@operation("PATCH", _ONE, "admin", takes_body=True)
def update(call: Call) -> Reply:
    """Keep absent fields, replace the address as a whole, and ignore the currency."""
    _validated(call, required=False).finish()
    # The framework turns an empty string into null.
    given = {name: call.body[name] for name in _CHANGEABLE if name in call.body}
    changes: dict[str, Any] = {name: None if value == "" else value for name, value in given.items()}
    call.account.update(changes, updated_at=call.state.stamp())
    return Reply(200, call.account)


@operation("DELETE", _ONE, "admin")
def delete(call: Call) -> Reply:
    """Delete everything in the account. Refuse while a subscription is active."""
    state, account_id = call.state, call.ids["billingAccountId"]
    if state.running(account_id):
        raise unprocessable(
            "active_subscriptions_exist", "Cannot delete billing account with active subscriptions."
        )
    state.accounts[call.ids["workspaceId"]].remove(call.account)
    for table in (state.subscriptions, state.invoices, state.payment_methods):
        table.pop(account_id, None)
    for organization in state.organizations[call.ids["workspaceId"]]:
        if organization["billing_account_id"] == account_id:
            organization["billing_account_id"] = None
    return Reply(204)


def _validated(call: Call, *, required: bool) -> Fields:
    fields = Fields(call.body)
    fields.text("name", max_length=100, required=required)
    fields.email("email", max_length=150, required=required)
    fields.text("phone", max_length=50, nullable=True)
    fields.text("description", max_length=200, nullable=True)
    fields.address("address")
    return fields
