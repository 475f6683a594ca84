from __future__ import annotations

from typing import Any, Final

from billing.sandbox.calls import Call, Reply, forbidden, listed, not_found, unprocessable
from billing.sandbox.routes import operation
from billing.sandbox.validation import Fields

_ALL: Final = "/workspaces/{workspaceId}/members"
_ONE: Final = _ALL + "/{memberId}"


ROLES: Final = ("owner", "admin", "viewer")
MAX_MEMBERS: Final = 100


@operation("GET", _ALL)
def index(call: Call) -> Reply:
    return listed(_rows(call))


@operation("POST", _ALL, "admin", takes_body=True)
def add(call: Call) -> Reply:
    fields = Fields(call.body)
    fields.text("user_id", max_length=255, required=True)
    fields.choice("role", ROLES, required=True)
    user_id = call.body.get("user_id")
    if any(row["user_id"] == user_id for row in _rows(call)):
        fields.wrong("user_id", "The user is already a member of this workspace.")
    if len(_rows(call)) >= MAX_MEMBERS:
        fields.wrong("user_id", f"A workspace may have at most {MAX_MEMBERS} members.")
    fields.finish()
    _check_rank(call, call.body["role"])
    now = call.state.stamp()
    member = {
        "user_id": user_id,
        "workspace_id": call.ids["workspaceId"],
        "role": call.body["role"],
        "created_at": now,
        "updated_at": now,
    }
    _rows(call).append(member)
    return Reply(201, member)


@operation("PATCH", _ONE, "admin", takes_body=True)
def update(call: Call) -> Reply:
    member = _member(call)
    fields = Fields(call.body)
    fields.choice("role", ROLES, required=True)
    fields.finish()
    _check_rank(call, call.body["role"])
    _check_rank(call, member["role"])
    if call.body["role"] != "owner":
        _check_last_owner(call, member)
    member.update(role=call.body["role"], updated_at=call.state.stamp())
    return Reply(200, member)


@operation("DELETE", _ONE)
def remove(call: Call) -> Reply:
    """Remove a member. Members may remove themselves, owners and admins may remove others; the last owner stays."""
    member = _member(call)
    if member["user_id"] != call.token.user_id:
        if not call.token.may(call.ids["workspaceId"], "admin"):
            raise forbidden()
        _check_rank(call, member["role"])
    _check_last_owner(call, member)
    _rows(call).remove(member)
    return Reply(204)


def _rows(call: Call) -> list[dict[str, Any]]:
    return call.state.members[call.ids["workspaceId"]]


def _member(call: Call) -> dict[str, Any]:
    for row in _rows(call):
        if row["user_id"] == call.ids["memberId"]:
            return row
    raise not_found()


def _check_rank(call: Call, role: str) -> None:
    """Refuse to grant or remove a role above the caller's own."""
    if not call.token.may(call.ids["workspaceId"], role):
        raise forbidden()


def _check_last_owner(call: Call, member: dict[str, Any]) -> None:
    owners = [row for row in _rows(call) if row["role"] == "owner"]
    if owners == [member]:
        raise unprocessable(
            "cannot_remove_last_owner",
            "You cannot remove the last owner of the workspace. Please transfer ownership first.",
        )
