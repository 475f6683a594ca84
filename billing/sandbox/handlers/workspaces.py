from __future__ import annotations

from typing import Any, Final

from billing.sandbox.calls import Call, Reply, conflict, listed
from billing.sandbox.routes import operation
from billing.sandbox.validation import Fields

MODES: Final = ("single", "assigned", "pooled")


@operation("GET", "/workspaces")
def index(call: Call) -> Reply:
    return listed(call.state.workspaces_of(call.token))


@operation("GET", "/workspaces/{workspaceId}")
def retrieve(call: Call) -> Reply:
    return Reply(200, call.workspace)


@operation("POST", "/workspaces", takes_body=True)
def create(call: Call) -> Reply:
    """Create a workspace that the caller owns. The billing mode cannot be changed later."""
    fields = Fields(call.body)
    fields.text("name", max_length=50, required=True)
    fields.text("description", max_length=200, nullable=True)
    fields.choice("billing_mode", MODES, required=True)
    fields.finish()
    state, now, mode = call.state, call.state.stamp(), call.body["billing_mode"]
    workspace = {
        "id": state.new_id("ws_"),
        "name": call.body["name"],
        "description": call.body.get("description") or None,
        "billing_mode": mode,
        "pooled_seat_limit": 0 if mode == "pooled" else None,
        "archived": False,
        "created_at": now,
        "updated_at": now,
        "archived_at": None,
    }
    key = workspace["id"]
    state.workspaces[key] = workspace
    state.accounts[key], state.organizations[key] = [], []
    owner = {"user_id": call.token.user_id, "workspace_id": key, "role": "owner"}
    state.members[key] = [owner | {"created_at": now, "updated_at": now}]
    call.token.roles[key] = "owner"
    return Reply(201, workspace)


@operation("PATCH", "/workspaces/{workspaceId}", "admin", takes_body=True)
def update(call: Call) -> Reply:
    fields = Fields(call.body)
    fields.text("name", max_length=50)
    fields.text("description", max_length=200, nullable=True)
    fields.finish()
    changes: dict[str, Any] = {
        name: call.body[name] or None for name in ("name", "description") if name in call.body
    }
    call.workspace.update(changes, updated_at=call.state.stamp())
    return Reply(200, call.workspace)


@operation("DELETE", "/workspaces/{workspaceId}", "owner")
def archive(call: Call) -> Reply:
    """Archive a workspace. Refuse while a subscription is active or an organization has usage."""
    state, key = call.state, call.ids["workspaceId"]
    for account in state.accounts[key]:
        running = ", ".join(row["id"] for row in state.running(account["id"]))
        if running:
            raise conflict(
                "workspace_not_empty",
                f"Cannot archive workspace because billing account '{account['name']}' has active subscriptions: "
                f"{running}. Please cancel or transfer these subscriptions before archiving.",
            )
    for organization in state.organizations[key]:
        if any(((organization["usage"] or {}).get("usage") or {}).values()):
            raise conflict(
                "workspace_not_empty",
                f"Cannot archive workspace because organization '{organization['name']}' has active resource usage.",
            )
    now = state.stamp()
    call.workspace.update(archived=True, archived_at=now, updated_at=now)
    return Reply(204)
