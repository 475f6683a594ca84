"""Creating, changing and deleting a billing account. https://altostrat.io/docs/api/en/billing-accounts"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from babel import Locale

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.operations.billing_accounts import (
    CREATE_BILLING_ACCOUNT,
    DELETE_BILLING_ACCOUNT,
    RETRIEVE_BILLING_ACCOUNT,
    UPDATE_BILLING_ACCOUNT,
)
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, is_same, left_by, merged

_ENGLISH: Final = Locale("en")

PLAIN: Final[tuple[str, ...]] = ("name", "email", "phone", "description")
# What Altostrat documents as "string or null": emptied, it is sent as null.
_NULLABLE: Final = frozenset({"phone", "description"})
PARTS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
ADDRESS: Final = tuple(f"address.{part}" for part in PARTS)
CURRENCIES: Final = ("usd", "zar", "eur", "gbp", "aud")
# https://altostrat.io/docs/api/en/billing-accounts/create-a-billing-account
MOST: Final[Mapping[str, int]] = MappingProxyType({"single": 1, "assigned": 10, "pooled": 10})

_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Name",
        "email": "E-mail",
        "phone": "Phone",
        "description": "Description",
        "currency": "Currency",
        "address.line1": "Address line 1",
        "address.line2": "Address line 2",
        "address.city": "City",
        "address.state": "State",
        "address.postal_code": "Postal code",
        "address.country": "Country",
    }
)


def state_in(document: Mapping[str, Any]) -> State:
    """The fields of an account's JSON that can be changed, flat."""
    raw = document.get("address")
    address = raw if isinstance(raw, dict) else {}
    plain = {name: document.get(name) for name in PLAIN}
    return {**plain, **{f"address.{part}": address.get(part) for part in PARTS}}


def label(name: str) -> str:
    """What people call a field."""
    return _LABELS.get(name, name)


def show(name: str, value: Any) -> str:
    """A value as people write it."""
    if value in (None, ""):
        return ""
    if name == "address.country":
        known = _ENGLISH.territories.get(str(value).upper())
        return f"{known} ({value})" if known else str(value)
    if name == "currency":
        return str(value).upper()
    return str(value)


def _read(client: AltostratClient, ids: Ids) -> State:
    answer = client.call(RETRIEVE_BILLING_ACCOUNT, **ids)
    return state_in(json.loads(answer.body))


def _changed_body(payload: Payload) -> dict[str, Any]:
    """Only what changed. The address goes as a whole: whether Altostrat merges its parts is not documented."""
    after = merged(payload)
    moved = [name for name in after if not is_same(payload.before.get(name), after[name])]
    body = {name: _sent(name, after[name]) for name in PLAIN if name in moved}
    if any(name in moved for name in ADDRESS):
        body["address"] = _address(payload.before, after)
    return body


def _created_body(payload: Payload) -> dict[str, Any]:
    wanted = payload.wanted
    body = {name: wanted[name] for name in (*PLAIN, "currency") if wanted.get(name)}
    return {**body, "address": _address({}, wanted)}


def _address(before: State, after: State) -> dict[str, str]:
    # A part that is to go is sent empty: left out, it would stay wherever Altostrat merges.
    return {
        name.removeprefix("address."): after.get(name) or ""
        for name in ADDRESS
        if after.get(name) or before.get(name)
    }


def _sent(name: str, value: Any) -> Any:
    return None if value in (None, "") and name in _NULLABLE else value


def _back(payload: Payload) -> Draft:
    """What was, upon what Altostrat made of it: a change that came after it is compared first."""
    after = merged(payload)
    old = {
        name: payload.before.get(name) for name in after if not is_same(payload.before.get(name), after[name])
    }
    return Draft(UPDATE.verb, payload.ids, old, opened=left_by(payload))


def _siblings(client: AltostratClient, ids: Ids) -> State:
    """The accounts that are there, so that a new one can be told from them."""
    workspace_id = ids["workspace_id"]
    accounts = client.list_billing_accounts(workspace_id).value
    mode = client.retrieve_workspace(workspace_id).value.billing_mode
    known = {account.id: [account.name, account.email] for account in accounts.items if account.id}
    return {"_known": known, "_mode": mode, "_is_cut": bool(accounts.has_more)}


def limit_reached(mode: str | None, count: int) -> str:
    """Why there can be no further account in a workspace, or nothing."""
    most = MOST.get(mode or "")
    if most is None or count < most:
        return ""
    accounts = "one billing account" if most == 1 else f"{most} billing accounts"
    return f"A workspace in {mode} billing mode has at most {accounts}, and this one has {count}."


def _made(ids: Ids, document: dict[str, Any]) -> Ids:
    made = document.get("id")
    return {**ids, "billing_account_id": made} if isinstance(made, str) else ids


def _read_made(client: AltostratClient, ids: Ids) -> State:
    if "billing_account_id" not in ids:
        # A success without a body says no id.
        raise UnexpectedAnswer("GET", RETRIEVE_BILLING_ACCOUNT.path_template)
    answer = client.call(RETRIEVE_BILLING_ACCOUNT, **ids)
    document = json.loads(answer.body)
    return {**state_in(document), "currency": document.get("currency")}


def _was_made(payload: Payload, now: State | None) -> Found:
    """One account more than before, with this name and e-mail: it was made. One that is written otherwise may be it,
    too: Altostrat may have put the e-mail in small letters."""
    if now is None or now["_is_cut"]:
        return Found.CANNOT_TELL
    wanted = [payload.wanted.get("name"), payload.wanted.get("email")]
    fresh = [said for key, said in now["_known"].items() if key not in payload.before["_known"]]
    matching = fresh.count(wanted)
    if matching == 1:
        return Found.APPLIED
    return Found.CANNOT_TELL if fresh else Found.NOT_APPLIED


def _unmake(payload: Payload) -> Draft | None:
    if "billing_account_id" not in payload.result_ids:
        return None
    return Draft(DELETE.verb, payload.result_ids, {})


def _read_to_delete(client: AltostratClient, ids: Ids) -> State:
    answer = client.call(RETRIEVE_BILLING_ACCOUNT, **ids)
    document = json.loads(answer.body)
    return {**state_in(document), "currency": document.get("currency")}


def _was_deleted(payload: Payload, now: State | None) -> Found:
    return Found.APPLIED if now is None else Found.NOT_APPLIED


def _name_of(payload: Payload) -> str:
    return str(payload.before.get("name") or payload.wanted.get("name") or "")


CREATE: Final = Kind(
    verb="billing_account.create",
    operation=CREATE_BILLING_ACCOUNT,
    title="New billing account",
    button="Create the billing account",
    done="The billing account was created.",
    subject=_name_of,
    label=label,
    show=show,
    read=_siblings,
    read_result=_read_made,
    result_ids=_made,
    body=_created_body,
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: (
        "A customer is created in Stripe, too; its id is the account's id.",
        "The currency cannot be changed afterwards.",
    ),
    obstacle=lambda payload: limit_reached(payload.before["_mode"], len(payload.before["_known"])),
    judge=_was_made,
    inverse=_unmake,
)

UPDATE: Final = Kind(
    verb="billing_account.update",
    operation=UPDATE_BILLING_ACCOUNT,
    title="Edit the billing account",
    button="Save at Altostrat",
    done="The billing account was changed.",
    subject=_name_of,
    label=label,
    show=show,
    read=_read,
    body=_changed_body,
    consequences=lambda payload: ("The customer in Stripe is changed with it.",),
    inverse=_back,
)

DELETE: Final = Kind(
    verb="billing_account.delete",
    operation=DELETE_BILLING_ACCOUNT,
    title="Delete the billing account",
    button="Delete for good",
    done="The billing account was deleted.",
    subject=_name_of,
    label=label,
    show=show,
    read=_read_to_delete,
    body=lambda payload: None,
    after=lambda payload: {},
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: tuple(
        text for text in (payload.before.get("name"), payload.ids["billing_account_id"]) if text
    ),
    consequences=lambda payload: (
        "Deleting is permanent: nobody can bring the billing account back, here or at Altostrat.",
        "Its invoices and payment methods cannot be opened here any more.",
        "Altostrat refuses as long as it has active subscriptions: cancel them first.",
    ),
    judge=_was_deleted,
)
