"""Adding a member to a workspace, changing a role, removing a member.

https://altostrat.io/docs/api/en/workspace-members
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.workspaces import (
    ADD_WORKSPACE_MEMBER,
    LIST_WORKSPACE_MEMBERS,
    REMOVE_WORKSPACE_MEMBER,
    UPDATE_WORKSPACE_MEMBER,
)
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.workspaces import WorkspaceMember
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, former_values
from billing.services.changes.kinds.bases import Creation, Deletion
from billing.services.changes.kinds.lists import find

MAX_MEMBERS: Final = 100
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "owner": "Owner: manages everything, including other owners",
        "admin": "Admin: manages the workspace and its members",
        "viewer": "Viewer",
    }
)


def is_last_owner(role: str | None, owners: int) -> bool:
    """Return whether a workspace would be left without an owner. `owners` includes this member."""
    return role == "owner" and owners == 1


def add_blocked_reason(count: int) -> str:
    """Return why a workspace cannot have another member; empty if it can."""
    return (
        f"A workspace can have {MAX_MEMBERS} members. This one has {count}." if count >= MAX_MEMBERS else ""
    )


def remove_blocked_reason(role: str | None, owners: int) -> str:
    """Return why Altostrat would refuse to remove a member; empty if it would not."""
    return (
        "A workspace needs an owner. Make another member an owner first."
        if is_last_owner(role, owners)
        else ""
    )


def _list(client: AltostratClient, ids: Ids) -> Listing[WorkspaceMember]:
    return client.call(LIST_WORKSPACE_MEMBERS, workspace_id=ids["workspace_id"]).value


def _owners(listing: Listing[WorkspaceMember]) -> int:
    # The rest of a truncated list may hold more owners.
    return 2 if listing.has_more else sum(row.role == "owner" for row in listing.items if row.user_id)


def _read_all(client: AltostratClient, ids: Ids) -> State:
    listing = _list(client, ids)
    known = {row.user_id: row.role for row in listing.items if row.user_id}
    return {"_known": known, "_is_cut": bool(listing.has_more), "_owners": _owners(listing)}


def _read_one(client: AltostratClient, ids: Ids) -> State:
    """Read one member from the list: Altostrat has no operation for one. Raise NotFound."""
    listing = _list(client, ids)
    member = find(listing, LIST_WORKSPACE_MEMBERS, lambda row: row.user_id == ids["member_id"])
    return {"role": member.role, "_owners": _owners(listing)}


class _MemberKind(Kind):
    def subject(self, payload: Payload) -> str:
        return payload.ids.get("member_id") or str(payload.wanted.get("user_id", ""))

    def show(self, name: str, value: Any) -> str:
        return str(value).capitalize() if name == "role" and value in ROLES else super().show(name, value)

    def target_path(self, ids: Ids) -> str:
        """Return the list of members, because a workspace always needs an owner."""
        return LIST_WORKSPACE_MEMBERS.path({"workspace_id": ids["workspace_id"]})


class AddMember(_MemberKind, Creation):
    verb = "member.add"
    operation = ADD_WORKSPACE_MEMBER
    retrieve = LIST_WORKSPACE_MEMBERS
    id_name = "member_id"
    title = "Add member"
    button = "Add member"
    success_message = "Member added"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return _read_all(client, ids)

    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        return {"user_id": ids["member_id"], **_read_one(client, ids)}

    def result_ids(self, ids: Ids, document: dict[str, Any]) -> Ids:
        return super().result_ids(ids, {"id": document.get("user_id")})

    def body(self, payload: Payload) -> dict[str, Any]:
        return {"user_id": payload.wanted["user_id"], "role": payload.wanted["role"]}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("This person gets access to the workspace with this role.",)

    def blocked_reason(self, payload: Payload) -> str:
        known = payload.before["_known"]
        if payload.wanted.get("user_id") in known:
            return "This person is already a member. Change the role instead."
        return add_blocked_reason(len(known))

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None:
            return Found.CANNOT_TELL
        role = now["_known"].get(payload.wanted["user_id"])
        if role is None:
            return Found.CANNOT_TELL if now["_is_cut"] else Found.NOT_APPLIED
        return Found.APPLIED if role == payload.wanted["role"] else Found.CANNOT_TELL

    def inverse(self, payload: Payload) -> Draft:
        ids = {"workspace_id": payload.ids["workspace_id"], "member_id": payload.wanted["user_id"]}
        return Draft(RemoveMember.verb, ids, {})


class UpdateMember(_MemberKind):
    verb = "member.update"
    operation = UPDATE_WORKSPACE_MEMBER
    title = "Change member role"
    button = "Change role"
    success_message = "Role changed"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return _read_one(client, ids)

    def body(self, payload: Payload) -> dict[str, Any]:
        return {"role": payload.merged.get("role")}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Altostrat refuses a role above your own.",)

    def blocked_reason(self, payload: Payload) -> str:
        if payload.wanted.get("role") == "owner":
            return ""
        return remove_blocked_reason(payload.before.get("role"), payload.before["_owners"])

    def inverse(self, payload: Payload) -> Draft:
        return former_values(self.verb, payload)


class RemoveMember(_MemberKind, Deletion):
    verb = "member.remove"
    operation = REMOVE_WORKSPACE_MEMBER
    id_name = "member_id"
    title = "Remove member"
    button = "Remove member"
    success_message = "Member removed"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return {"user_id": ids["member_id"], **_read_one(client, ids)}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("This person and all their tokens lose access to the workspace.",)

    def blocked_reason(self, payload: Payload) -> str:
        return remove_blocked_reason(payload.before.get("role"), payload.before["_owners"])

    def inverse(self, payload: Payload) -> Draft:
        wanted = {"user_id": payload.ids["member_id"], "role": payload.before["role"]}
        return Draft(AddMember.verb, {"workspace_id": payload.ids["workspace_id"]}, wanted)


ADD: Final = AddMember()
UPDATE: Final = UpdateMember()
REMOVE: Final = RemoveMember()
