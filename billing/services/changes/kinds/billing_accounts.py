"""Creating, editing and deleting a billing account. https://altostrat.io/docs/api/en/billing-accounts"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.billing_accounts import (
    CREATE_BILLING_ACCOUNT,
    DELETE_BILLING_ACCOUNT,
    RETRIEVE_BILLING_ACCOUNT,
    UPDATE_BILLING_ACCOUNT,
)
from billing.countries import country_name
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, former_values
from billing.services.changes.kinds.bases import Creation, Deletion, check_new_entry

PLAIN: Final[tuple[str, ...]] = ("name", "email", "phone", "description")
# Documented as "string or null": an emptied field is sent as null.
_NULLABLE: Final = frozenset({"phone", "description"})
PARTS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
ADDRESS: Final = tuple(f"address.{part}" for part in PARTS)
CURRENCIES: Final = ("usd", "zar", "eur", "gbp", "aud")
# https://altostrat.io/docs/api/en/billing-accounts/create-a-billing-account
MAX_ACCOUNTS: Final[Mapping[str, int]] = MappingProxyType({"single": 1, "assigned": 10, "pooled": 10})


def state_in(document: Mapping[str, Any]) -> State:
    """Return the editable fields of an account's JSON, flat."""
    raw = document.get("address")
    address = raw if isinstance(raw, dict) else {}
    plain = {name: document.get(name) for name in PLAIN}
    return {**plain, **{f"address.{part}": address.get(part) for part in PARTS}}


def create_blocked_reason(mode: str | None, count: int) -> str:
    """Return why a workspace cannot have another account; empty if it can."""
    most = MAX_ACCOUNTS.get(mode or "")
    if most is None or count < most:
        return ""
    accounts = "one billing account" if most == 1 else f"{most} billing accounts"
    return f"A workspace in {mode} billing mode can have {accounts}. This one has {count}."


def _read_account(client: AltostratClient, ids: Ids) -> State:
    document = json.loads(client.call(RETRIEVE_BILLING_ACCOUNT, **ids).body)
    return {**state_in(document), "currency": document.get("currency")}


def _address_to_send(before: State, after: State) -> dict[str, str]:
    # A part to remove is sent as an empty string. If it were left out and Altostrat merged addresses, it would stay.
    return {
        name.removeprefix("address."): after.get(name) or ""
        for name in ADDRESS
        if after.get(name) or before.get(name)
    }


class _BillingAccountKind(Kind):
    def show(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return ""
        if name == "address.country":
            country = country_name(str(value))
            return f"{country} ({value})" if country != value else str(value)
        return str(value).upper() if name == "currency" else str(value)


class CreateBillingAccount(_BillingAccountKind, Creation):
    verb = "billing_account.create"
    operation = CREATE_BILLING_ACCOUNT
    retrieve = RETRIEVE_BILLING_ACCOUNT
    id_name = "billing_account_id"
    title = "New billing account"
    button = "Create billing account"
    success_message = "Billing account created"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        workspace_id = ids["workspace_id"]
        accounts = client.list_billing_accounts(workspace_id).value
        mode = client.retrieve_workspace(workspace_id).value.billing_mode
        known = {account.id: [account.name, account.email] for account in accounts.items if account.id}
        return {"_known": known, "_mode": mode, "_is_cut": bool(accounts.has_more)}

    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        return _read_account(client, ids)

    def body(self, payload: Payload) -> dict[str, Any]:
        wanted = payload.wanted
        body = {name: wanted[name] for name in (*PLAIN, "currency") if wanted.get(name)}
        return {**body, "address": _address_to_send({}, wanted)}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return (
            "A customer with the same ID is created in Stripe.",
            "The currency cannot be changed later.",
        )

    def blocked_reason(self, payload: Payload) -> str:
        return create_blocked_reason(payload.before["_mode"], len(payload.before["_known"]))

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        return check_new_entry(payload, now, [payload.wanted.get("name"), payload.wanted.get("email")])

    def inverse(self, payload: Payload) -> Draft | None:
        ids = payload.result_ids
        return Draft(DeleteBillingAccount.verb, ids, {}) if self.id_name in ids else None


class UpdateBillingAccount(_BillingAccountKind):
    verb = "billing_account.update"
    operation = UPDATE_BILLING_ACCOUNT
    title = "Edit billing account"
    button = "Save changes"
    success_message = "Billing account updated"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return state_in(json.loads(client.call(RETRIEVE_BILLING_ACCOUNT, **ids).body))

    def body(self, payload: Payload) -> dict[str, Any]:
        """Return the changed fields, and the address in full: whether Altostrat merges it is not documented."""
        after, changed = payload.merged, payload.changed
        body = {
            name: None if name in _NULLABLE and after[name] in (None, "") else after[name]
            for name in PLAIN
            if name in changed
        }
        if any(name in changed for name in ADDRESS):
            body["address"] = _address_to_send(payload.before, after)
        return body

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("The customer in Stripe is updated as well.",)

    def inverse(self, payload: Payload) -> Draft:
        return former_values(self.verb, payload)


class DeleteBillingAccount(_BillingAccountKind, Deletion):
    verb = "billing_account.delete"
    operation = DELETE_BILLING_ACCOUNT
    id_name = "billing_account_id"
    title = "Delete billing account"
    button = "Delete permanently"
    success_message = "Billing account deleted"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return _read_account(client, ids)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return (
            "This is permanent. Neither the portal nor Altostrat can restore the billing account.",
            "Its invoices and payment methods can no longer be opened in the portal.",
            "Altostrat refuses this while the account has active subscriptions. Cancel them first.",
        )


CREATE: Final = CreateBillingAccount()
UPDATE: Final = UpdateBillingAccount()
DELETE: Final = DeleteBillingAccount()
