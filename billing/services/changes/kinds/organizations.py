"""Creating an organization, at the top level or below another one.

https://altostrat.io/docs/api/en/organizations
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS
from billing.altostrat.operations.organizations import (
    CREATE_CHILD_ORGANIZATION,
    CREATE_ORGANIZATION,
    LIST_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
)
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.services.changes.kind import Draft, Found, Ids, Payload, State
from billing.services.changes.kinds.bases import Creation, check_new_entry
from billing.services.changes.kinds.lists import find, require_whole
from billing.services.changes.kinds.organization_deletion import DeleteOrganization

MAX_ORGANIZATIONS: Final = 1000
MAX_LEVELS: Final = 10
MAX_CHILDREN: Final = 100
# https://altostrat.io/docs/api/en/organizations/retrieve-organization-limits
METERS: Final = ("locations", "users", "sso")


def child_blocked_reason(*, count: int, depth: int, children: int) -> str:
    """Return why an organization cannot have another child; empty if it can.

    `depth` is the parent's, 0 at the top level.
    """
    if depth + 1 >= MAX_LEVELS:
        return f"Organizations can be at most {MAX_LEVELS} levels deep."
    if children >= MAX_CHILDREN:
        return f"An organization can have {MAX_CHILDREN} children. This one has {children}."
    return create_blocked_reason(count)


def create_blocked_reason(count: int) -> str:
    """Return why a workspace cannot have another organization; empty if it can."""
    if count < MAX_ORGANIZATIONS:
        return ""
    return f"A workspace can have {MAX_ORGANIZATIONS:,} organizations. This one has {count:,}."


def limits_in(state: Mapping[str, Any]) -> dict[str, int]:
    """Return the limits that are set. The others are left out, which means the same as null."""
    given = {meter: state.get(f"limits.{meter}") for meter in METERS}
    return {meter: limit for meter, limit in given.items() if limit is not None}


def _list(client: AltostratClient, ids: Ids) -> Listing[Organization]:
    return client.call(LIST_ORGANIZATIONS, workspace_id=ids["workspace_id"]).value


def _known(listing: Listing[Organization]) -> State:
    known = {row.id: [row.name, row.parent_org_id] for row in listing.items if row.id}
    return {"_known": known, "_is_cut": bool(listing.has_more)}


class _OrganizationCreation(Creation):
    retrieve = RETRIEVE_ORGANIZATION
    id_name = "organization_id"
    button = "Create organization"
    success_message = "Organization created"

    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        document = json.loads(client.call(RETRIEVE_ORGANIZATION, **ids).body)
        raw = document.get("limits")
        limits = raw if isinstance(raw, dict) else {}
        account_id = document.get("billing_account_id")
        state = {"name": document.get("name"), **{f"limits.{meter}": limits.get(meter) for meter in METERS}}
        if account_id:
            name = client.retrieve_billing_account(ids["workspace_id"], account_id).value.name
            state["billing_account"] = f"{name or account_id} ({account_id})"
        return state

    def result_ids(self, ids: Ids, document: dict[str, Any]) -> Ids:
        """Replace the id of the parent, which has the same name."""
        own = {"workspace_id": ids["workspace_id"]}
        try:
            return {**own, self.id_name: checked(self.id_name, document.get("id", ""), "org_")}
        except InvalidIdentifier:
            return own

    def body(self, payload: Payload) -> dict[str, Any]:
        wanted = payload.wanted
        body = {name: wanted[name] for name in ("name", "billing_account_id") if wanted.get(name)}
        limits = limits_in(wanted)
        return {**body, **({"limits": limits} if limits else {})}

    def after(self, payload: Payload) -> State:
        """Include limits that are not set, because the review shows them as "no limit"."""
        wanted, before = payload.wanted, payload.before
        account_id = wanted.get("billing_account_id")
        state = {"name": wanted.get("name")}
        if account_id:
            state["billing_account"] = f"{before['_accounts'].get(account_id, '')} ({account_id})"
        return {**state, **{f"limits.{meter}": wanted.get(f"limits.{meter}") for meter in METERS}}

    def show(self, name: str, value: Any) -> str:
        if not name.startswith("limits."):
            return super().show(name, value)
        return "no limit" if value is None else "0 (off)" if value == 0 else str(value)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Altostrat documents no way to change an organization or its limits later.",)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        return check_new_entry(payload, now, [payload.wanted.get("name"), payload.ids.get("organization_id")])

    def inverse(self, payload: Payload) -> Draft | None:
        ids = payload.result_ids
        return Draft(DeleteOrganization.verb, ids, {}) if self.id_name in ids else None


class CreateOrganization(_OrganizationCreation):
    verb = "organization.create"
    operation = CREATE_ORGANIZATION
    title = "New organization"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        """Read the existing organizations, the billing mode, and the accounts to choose from: {id: name}."""
        workspace_id = ids["workspace_id"]
        mode = client.retrieve_workspace(workspace_id).value.billing_mode
        accounts = {}
        if mode != "pooled":
            listing = client.list_billing_accounts(workspace_id).value
            accounts = {row.id: row.name or row.id for row in listing.items if row.id}
            if not accounts:
                require_whole(listing, LIST_BILLING_ACCOUNTS)
        return {**_known(_list(client, ids)), "_mode": mode, "_accounts": accounts}

    def blocked_reason(self, payload: Payload) -> str:
        mode, account_id = payload.before["_mode"], payload.wanted.get("billing_account_id")
        if mode == "pooled" and account_id:
            return "In a pooled workspace, organizations have no billing account of their own."
        if mode in {"single", "assigned"}:
            needed = f"In {mode} billing mode, a top-level organization needs a billing account"
            if not payload.before["_accounts"]:
                return f"{needed}. Create one first."
            if payload.wanted and not account_id:
                return f"{needed}."
        return create_blocked_reason(len(payload.before["_known"]))


class CreateChildOrganization(_OrganizationCreation):
    verb = "organization.create_child"
    operation = CREATE_CHILD_ORGANIZATION
    title = "New child organization"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        """Read the existing organizations, and the parent."""
        listing = _list(client, ids)
        parent = find(listing, LIST_ORGANIZATIONS, lambda row: row.id == ids["organization_id"])
        children = sum(row.parent_org_id == parent.id for row in listing.items)
        return {
            **_known(listing),
            "_parent": parent.name,
            "_depth": parent.depth or 0,
            "_children": children,
        }

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        parent = payload.before["_parent"] or payload.ids["organization_id"]
        return (
            f"It is created below {parent} and billed to the account of the top-level organization.",
            *super().consequences(payload),
        )

    def blocked_reason(self, payload: Payload) -> str:
        before = payload.before
        return child_blocked_reason(
            count=len(before["_known"]), depth=before["_depth"], children=before["_children"]
        )


CREATE: Final = CreateOrganization()
CREATE_CHILD: Final = CreateChildOrganization()
