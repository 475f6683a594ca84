"""Adding a member to a workspace, changing a role, removing one.

https://altostrat.io/docs/api/en/workspace-members
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import NotFound, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.workspaces import (
    ADD_WORKSPACE_MEMBER,
    LIST_WORKSPACE_MEMBERS,
    REMOVE_WORKSPACE_MEMBER,
    UPDATE_WORKSPACE_MEMBER,
)
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, left_by

MOST: Final = 100
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "owner": "Owner: manages everything, and who is an owner",
        "admin": "Admin: manages the workspace and its members",
        "viewer": "Viewer",
    }
)
_LABELS: Final = {"user_id": "Member", "role": "Role"}


def label(name: str) -> str:
    """What people call a field."""
    return _LABELS.get(name, name)


def show(name: str, value: Any) -> str:
    """A value as people write it."""
    if name == "role" and value in ROLES:
        return str(value).capitalize()
    return "" if value is None else str(value)


def is_last_owner(role: str | None, owners: int) -> bool:
    """Whether a workspace would be without an owner. `owners` counts this member, too."""
    return role == "owner" and owners == 1


def why_not_add(count: int) -> str:
    """Why there can be no further member, or nothing."""
    return f"A workspace has at most {MOST} members, and this one has {count}." if count >= MOST else ""


def why_not_remove(role: str | None, owners: int) -> str:
    """Why Altostrat would not let a member go, or nothing."""
    return "The last owner stays: make somebody else an owner first." if is_last_owner(role, owners) else ""


def _everybody(client: AltostratClient, ids: Ids) -> State:
    listing = client.call(LIST_WORKSPACE_MEMBERS, workspace_id=ids["workspace_id"]).value
    known = {row.user_id: row.role for row in listing.items if row.user_id}
    # What is cut off may hold more owners.
    owners = 2 if listing.has_more else list(known.values()).count("owner")
    return {"_known": known, "_is_cut": bool(listing.has_more), "_owners": owners}


def _list(ids: Ids) -> str:
    """All of a workspace together: one owner has to stay."""
    return LIST_WORKSPACE_MEMBERS.path({"workspace_id": ids["workspace_id"]})


def _read(client: AltostratClient, ids: Ids) -> State:
    """Altostrat has no call for one member. Raises NotFound."""
    found = _everybody(client, ids)
    user_id = ids["member_id"]
    if user_id not in found["_known"] and found["_is_cut"]:
        # Whoever is not on a list that was cut off may be a member all the same.
        operation = LIST_WORKSPACE_MEMBERS
        raise UnexpectedAnswer(operation.method, operation.path_template, 200, None, FailureReason.ENDLESS)
    if user_id not in found["_known"]:
        raise NotFound("GET", LIST_WORKSPACE_MEMBERS.path_template, 404)
    return {"role": found["_known"][user_id], "_owners": found["_owners"]}


def _read_with_id(client: AltostratClient, ids: Ids) -> State:
    if "member_id" not in ids:
        # A success without a body says no id.
        raise UnexpectedAnswer("GET", LIST_WORKSPACE_MEMBERS.path_template)
    return {"user_id": ids["member_id"], **_read(client, ids)}


def _obstacle_to_adding(payload: Payload) -> str:
    known = payload.before["_known"]
    if payload.wanted.get("user_id") in known:
        return "This person is a member already: change the role instead."
    return why_not_add(len(known))


def _obstacle_to_demoting(payload: Payload) -> str:
    if payload.wanted.get("role") == "owner":
        return ""
    return why_not_remove(payload.before.get("role"), payload.before["_owners"])


def _was_added(payload: Payload, now: State | None) -> Found:
    if now is None:
        return Found.CANNOT_TELL
    role = now["_known"].get(payload.wanted["user_id"])
    if role is None:
        return Found.CANNOT_TELL if now["_is_cut"] else Found.NOT_APPLIED
    return Found.APPLIED if role == payload.wanted["role"] else Found.CANNOT_TELL


def _added(payload: Payload) -> Ids:
    return {"workspace_id": payload.ids["workspace_id"], "member_id": payload.wanted["user_id"]}


def _back(payload: Payload) -> Draft:
    role = payload.before.get("role")
    return Draft(UPDATE.verb, payload.ids, {"role": role}, opened=left_by(payload))


def _take_out_again(payload: Payload) -> Draft:
    return Draft(REMOVE.verb, _added(payload), {})


def _add_again(payload: Payload) -> Draft:
    """With the role they had."""
    wanted = {"user_id": payload.ids["member_id"], "role": payload.before["role"]}
    return Draft(ADD.verb, {"workspace_id": payload.ids["workspace_id"]}, wanted)


def _was_removed(payload: Payload, now: State | None) -> Found:
    return Found.APPLIED if now is None else Found.NOT_APPLIED


def _subject(payload: Payload) -> str:
    return payload.ids.get("member_id") or str(payload.wanted.get("user_id", ""))


ADD: Final = Kind(
    verb="member.add",
    operation=ADD_WORKSPACE_MEMBER,
    title="Add a member",
    button="Add the member",
    done="The member was added.",
    subject=_subject,
    label=label,
    show=show,
    read=_everybody,
    read_result=_read_with_id,
    result_ids=lambda ids, document: (
        {**ids, "member_id": document["user_id"]} if isinstance(document.get("user_id"), str) else ids
    ),
    body=lambda payload: {"user_id": payload.wanted["user_id"], "role": payload.wanted["role"]},
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: ("This person gets access to the workspace, as the role allows.",),
    obstacle=_obstacle_to_adding,
    judge=_was_added,
    inverse=_take_out_again,
    written_to=_list,
)

UPDATE: Final = Kind(
    verb="member.update",
    operation=UPDATE_WORKSPACE_MEMBER,
    title="Change the role of a member",
    button="Change the role",
    done="The role was changed.",
    subject=_subject,
    label=label,
    show=show,
    read=_read,
    body=lambda payload: {"role": payload.wanted.get("role", payload.before.get("role"))},
    consequences=lambda payload: ("Altostrat lets nobody give a role above their own.",),
    obstacle=_obstacle_to_demoting,
    inverse=_back,
    written_to=_list,
)

REMOVE: Final = Kind(
    verb="member.remove",
    operation=REMOVE_WORKSPACE_MEMBER,
    title="Remove a member",
    button="Remove the member",
    done="The member was removed.",
    subject=_subject,
    label=label,
    show=show,
    read=_read_with_id,
    body=lambda payload: None,
    after=lambda payload: {},
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: (payload.ids["member_id"],),
    consequences=lambda payload: ("This person, and every token of theirs, loses access to the workspace.",),
    obstacle=lambda payload: why_not_remove(payload.before.get("role"), payload.before["_owners"]),
    judge=_was_removed,
    inverse=_add_again,
    written_to=_list,
)
