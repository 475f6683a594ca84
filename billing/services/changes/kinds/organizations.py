"""Creating an organization, at the top or below another one.

https://altostrat.io/docs/api/en/organizations
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import NotFound, UnexpectedAnswer
from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.altostrat.operations.organizations import (
    CREATE_CHILD_ORGANIZATION,
    CREATE_ORGANIZATION,
    LIST_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
)
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State
from billing.services.changes.kinds.organization_deletion import DELETE

MOST: Final = 1000
MOST_LEVELS: Final = 10
MOST_CHILDREN: Final = 100
# https://altostrat.io/docs/api/en/organizations/retrieve-organization-limits
METERS: Final = ("locations", "users", "sso")

_LABELS: Final = {"name": "Name", "billing_account": "Billing account"}


def label(name: str) -> str:
    """What people call a field."""
    meter = name.removeprefix("limits.")
    return f"Limit of {meter}" if meter != name else _LABELS.get(name, name)


def show(name: str, value: Any) -> str:
    """A value as people write it. 0 switches a product off, which is not the same as no limit."""
    if name.startswith("limits."):
        return "no limit" if value is None else "0: switched off" if value == 0 else str(value)
    return "" if value is None else str(value)


def _listing(client: AltostratClient, ids: Ids) -> Listing[Organization]:
    return client.call(LIST_ORGANIZATIONS, workspace_id=ids["workspace_id"]).value


def _known(listing: Listing[Organization]) -> State:
    known = {row.id: [row.name, row.parent_org_id] for row in listing.items if row.id}
    return {"_known": known, "_is_cut": bool(listing.has_more)}


def _around_the_top(client: AltostratClient, ids: Ids) -> State:
    """What is there, the billing mode, and the accounts to choose from: {id: name}."""
    workspace_id = ids["workspace_id"]
    mode = client.retrieve_workspace(workspace_id).value.billing_mode
    accounts = {}
    if mode != "pooled":
        listing = client.list_billing_accounts(workspace_id).value
        accounts = {row.id: row.name or row.id for row in listing.items if row.id}
    return {**_known(_listing(client, ids)), "_mode": mode, "_accounts": accounts}


def _around_a_child(client: AltostratClient, ids: Ids) -> State:
    """What is there, and the one that it is to be below."""
    listing = _listing(client, ids)
    parent = next((row for row in listing.items if row.id == ids["organization_id"]), None)
    if parent is None:
        raise NotFound("GET", LIST_ORGANIZATIONS.path_template, 404)
    children = sum(row.parent_org_id == parent.id for row in listing.items)
    return {**_known(listing), "_parent": parent.name, "_depth": parent.depth or 0, "_children": children}


def why_not_below(*, count: int, depth: int, children: int) -> str:
    """Why there can be no further child, or nothing. `depth` is the parent's, 0 at the top."""
    if depth + 1 >= MOST_LEVELS:
        return f"Organizations are at most {MOST_LEVELS} levels deep."
    if children >= MOST_CHILDREN:
        return f"An organization has at most {MOST_CHILDREN} children, and this one has {children}."
    return why_not_more(count)


def why_not_more(count: int) -> str:
    """Why there can be no further organization in a workspace, or nothing."""
    return (
        f"A workspace has at most {MOST:,} organizations, and this one has {count:,}."
        if count >= MOST
        else ""
    )


def _obstacle_at_the_top(payload: Payload) -> str:
    mode, account_id = payload.before["_mode"], payload.wanted.get("billing_account_id")
    if mode == "pooled" and account_id:
        return "In a pooled workspace an organization has no billing account of its own."
    if mode in {"single", "assigned"} and not payload.before["_accounts"]:
        return (
            f"In {mode} billing mode a top-level organization needs a billing account, and there is none yet."
        )
    if mode in {"single", "assigned"} and payload.wanted and not account_id:
        return f"In {mode} billing mode a top-level organization needs a billing account."
    return why_not_more(len(payload.before["_known"]))


def _obstacle_below(payload: Payload) -> str:
    before = payload.before
    return why_not_below(count=len(before["_known"]), depth=before["_depth"], children=before["_children"])


def limits_in(state: Mapping[str, Any]) -> dict[str, int]:
    """The limits that were set. What has none is left out: null would say the same."""
    given = {meter: state.get(f"limits.{meter}") for meter in METERS}
    return {meter: limit for meter, limit in given.items() if limit is not None}


def _body(payload: Payload) -> dict[str, Any]:
    wanted = payload.wanted
    body = {name: wanted[name] for name in ("name", "billing_account_id") if wanted.get(name)}
    limits = limits_in(wanted)
    return {**body, **({"limits": limits} if limits else {})}


def _after(payload: Payload) -> State:
    """All limits are shown: that there is none is worth knowing."""
    wanted, before = payload.wanted, payload.before
    account_id = wanted.get("billing_account_id")
    account = (
        {"billing_account": f"{before['_accounts'].get(account_id, '')} ({account_id})"} if account_id else {}
    )
    return {
        "name": wanted.get("name"),
        **account,
        **{f"limits.{meter}": wanted.get(f"limits.{meter}") for meter in METERS},
    }


def _made(ids: Ids, document: dict[str, Any]) -> Ids:
    """Without the parent's id, which is not what was made."""
    own = {"workspace_id": ids["workspace_id"]}
    try:
        return {**own, "organization_id": checked("organization_id", document.get("id", ""), "org_")}
    except InvalidIdentifier:
        return own


def _read_made(client: AltostratClient, ids: Ids) -> State:
    if "organization_id" not in ids:
        raise UnexpectedAnswer("GET", RETRIEVE_ORGANIZATION.path_template)
    document = json.loads(client.call(RETRIEVE_ORGANIZATION, **ids).body)
    raw = document.get("limits")
    limits = raw if isinstance(raw, dict) else {}
    account_id = document.get("billing_account_id")
    state = {"name": document.get("name"), **{f"limits.{meter}": limits.get(meter) for meter in METERS}}
    if account_id:
        name = client.retrieve_billing_account(ids["workspace_id"], account_id).value.name
        state["billing_account"] = f"{name or account_id} ({account_id})"
    return state


def _was_made(payload: Payload, now: State | None) -> Found:
    if now is None or now["_is_cut"]:
        return Found.CANNOT_TELL
    wanted = [payload.wanted.get("name"), payload.ids.get("organization_id")]
    fresh = [said for key, said in now["_known"].items() if key not in payload.before["_known"]]
    if fresh.count(wanted) == 1:
        return Found.APPLIED
    # Written otherwise, it may be the one that was asked for, too.
    return Found.CANNOT_TELL if fresh else Found.NOT_APPLIED


def _unmake(payload: Payload) -> Draft | None:
    ids = payload.result_ids
    return Draft(DELETE.verb, ids, {}) if "organization_id" in ids else None


def _name_of(payload: Payload) -> str:
    return str(payload.before.get("name") or payload.wanted.get("name") or "")


CREATE: Final = Kind(
    verb="organization.create",
    operation=CREATE_ORGANIZATION,
    title="New organization",
    button="Create the organization",
    done="The organization was created.",
    subject=_name_of,
    label=label,
    show=show,
    read=_around_the_top,
    read_result=_read_made,
    result_ids=_made,
    body=_body,
    after=_after,
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: (
        "Altostrat documents no way to change an organization afterwards, its limits included.",
    ),
    obstacle=_obstacle_at_the_top,
    judge=_was_made,
    inverse=_unmake,
)

CREATE_CHILD: Final = Kind(
    verb="organization.create_child",
    operation=CREATE_CHILD_ORGANIZATION,
    title="New organization below another one",
    button="Create the organization",
    done="The organization was created.",
    subject=_name_of,
    label=label,
    show=show,
    read=_around_a_child,
    read_result=_read_made,
    result_ids=_made,
    body=_body,
    after=_after,
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: (
        f"It is made below {payload.before['_parent'] or payload.ids['organization_id']}, and paid by what pays "
        "for the top.",
        "Altostrat documents no way to change an organization afterwards, its limits included.",
    ),
    obstacle=_obstacle_below,
    judge=_was_made,
    inverse=_unmake,
)
