"""Creating, editing and archiving a workspace. https://altostrat.io/docs/api/en/workspaces"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.workspaces import (
    ARCHIVE_WORKSPACE,
    CREATE_WORKSPACE,
    LIST_WORKSPACES,
    RETRIEVE_WORKSPACE,
    UPDATE_WORKSPACE,
)
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, former_values
from billing.services.changes.kinds.bases import Creation, check_new_entry

FIELDS: Final = ("name", "description")
MODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "single": "Single: one billing account pays for the whole workspace.",
        "assigned": "Assigned: each top-level organization has a billing account, up to ten.",
        "pooled": "Pooled: all organizations share what up to ten billing accounts buy.",
    }
)


def state_in(document: Mapping[str, Any]) -> State:
    """Return the editable fields of a workspace's JSON."""
    return {name: document.get(name) for name in FIELDS}


def _document(client: AltostratClient, ids: Ids) -> dict[str, Any]:
    return dict(json.loads(client.call(RETRIEVE_WORKSPACE, **ids).body))


class _WorkspaceKind(Kind):
    def show(self, name: str, value: Any) -> str:
        if name == "archived" and value is not None:
            return "yes" if value else "no"
        if name == "billing_mode" and value in MODES:
            return str(value).capitalize()
        return super().show(name, value)


class CreateWorkspace(_WorkspaceKind, Creation):
    verb = "workspace.create"
    operation = CREATE_WORKSPACE
    retrieve = RETRIEVE_WORKSPACE
    id_name = "workspace_id"
    title = "New workspace"
    button = "Create workspace"
    success_message = "Workspace created"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        listing = client.call(LIST_WORKSPACES, **ids).value
        known = {row.id: [row.name, row.billing_mode] for row in listing.items if row.id}
        return {"_known": known, "_is_cut": bool(listing.has_more)}

    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        document = _document(client, ids)
        return {**state_in(document), "billing_mode": document.get("billing_mode")}

    def body(self, payload: Payload) -> dict[str, Any]:
        names = (*FIELDS, "billing_mode")
        return {name: payload.wanted[name] for name in names if payload.wanted.get(name)}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return (
            "The billing mode is permanent. Neither the portal nor Altostrat can change it later.",
            "The owner of the token that you use becomes the owner of the workspace.",
        )

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        wanted = payload.wanted
        return check_new_entry(payload, now, [wanted.get("name"), wanted.get("billing_mode")])

    def inverse(self, payload: Payload) -> Draft | None:
        ids = payload.result_ids
        return Draft(ArchiveWorkspace.verb, ids, {}) if self.id_name in ids else None


class UpdateWorkspace(_WorkspaceKind):
    verb = "workspace.update"
    operation = UPDATE_WORKSPACE
    title = "Edit workspace"
    button = "Save changes"
    success_message = "Workspace updated"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        return state_in(_document(client, ids))

    def body(self, payload: Payload) -> dict[str, Any]:
        # A field that is left out keeps its value, so an emptied description is sent as null.
        return {name: payload.merged[name] or None for name in payload.changed}

    def inverse(self, payload: Payload) -> Draft:
        return former_values(self.verb, payload)


class ArchiveWorkspace(_WorkspaceKind):
    verb = "workspace.archive"
    operation = ARCHIVE_WORKSPACE
    title = "Archive workspace"
    button = "Archive workspace"
    success_message = "Workspace archived"
    is_mergeable = False
    is_dangerous = True
    needs_reason = True

    def read(self, client: AltostratClient, ids: Ids) -> State:
        document = _document(client, ids)
        return {"name": document.get("name"), "archived": bool(document.get("archived"))}

    def after(self, payload: Payload) -> State:
        return {**payload.before, "archived": True}

    def confirmation(self, payload: Payload) -> tuple[str, ...]:
        return tuple(text for text in (payload.before.get("name"), payload.ids["workspace_id"]) if text)

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return (
            "Altostrat documents no way to restore an archived workspace.",
            "Altostrat refuses this while there are active subscriptions, or organizations in use.",
        )

    def blocked_reason(self, payload: Payload) -> str:
        return "It is already archived." if payload.before["archived"] else ""

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None:
            return Found.CANNOT_TELL
        return Found.APPLIED if now["archived"] else Found.NOT_APPLIED


CREATE: Final = CreateWorkspace()
UPDATE: Final = UpdateWorkspace()
ARCHIVE: Final = ArchiveWorkspace()
