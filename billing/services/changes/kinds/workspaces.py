"""Creating, renaming and archiving a workspace. https://altostrat.io/docs/api/en/workspaces"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.operations.workspaces import (
    ARCHIVE_WORKSPACE,
    CREATE_WORKSPACE,
    LIST_WORKSPACES,
    RETRIEVE_WORKSPACE,
    UPDATE_WORKSPACE,
)
from billing.services.changes.kind import Draft, Found, Ids, Kind, Payload, State, is_same, left_by, merged

FIELDS: Final = ("name", "description")
MODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "single": "Single: one billing account pays for everything in the workspace.",
        "assigned": "Assigned: each top-level organization has its own billing account, ten at most.",
        "pooled": "Pooled: what all billing accounts buy, ten at most, is shared by all organizations.",
    }
)
_LABELS: Final = {
    "name": "Name",
    "description": "Description",
    "billing_mode": "Billing mode",
    "archived": "Archived",
}


def label(name: str) -> str:
    """What people call a field."""
    return _LABELS.get(name, name)


def show(name: str, value: Any) -> str:
    """A value as people write it."""
    if name == "archived" and value is not None:
        return "yes" if value else "no"
    if name == "billing_mode" and value in MODES:
        return str(value).capitalize()
    return "" if value is None else str(value)


def state_in(document: Mapping[str, Any]) -> State:
    """The fields of a workspace's JSON that can be changed."""
    return {name: document.get(name) for name in FIELDS}


def _document(client: AltostratClient, ids: Ids) -> dict[str, Any]:
    if "workspace_id" not in ids:
        # A success without a body says no id.
        raise UnexpectedAnswer("GET", RETRIEVE_WORKSPACE.path_template)
    return dict(json.loads(client.call(RETRIEVE_WORKSPACE, **ids).body))


def _read(client: AltostratClient, ids: Ids) -> State:
    return state_in(_document(client, ids))


def _read_whole(client: AltostratClient, ids: Ids) -> State:
    document = _document(client, ids)
    return {**state_in(document), "billing_mode": document.get("billing_mode")}


def _read_to_archive(client: AltostratClient, ids: Ids) -> State:
    document = _document(client, ids)
    return {"name": document.get("name"), "archived": bool(document.get("archived"))}


def _siblings(client: AltostratClient, ids: Ids) -> State:
    """The workspaces that the token sees, so that a new one can be told from them."""
    listing = client.call(LIST_WORKSPACES, **ids).value
    known = {row.id: [row.name, row.billing_mode] for row in listing.items if row.id}
    return {"_known": known, "_is_cut": bool(listing.has_more)}


def _created_body(payload: Payload) -> dict[str, Any]:
    names = (*FIELDS, "billing_mode")
    return {name: payload.wanted[name] for name in names if payload.wanted.get(name)}


def _changed_body(payload: Payload) -> dict[str, Any]:
    after = merged(payload)
    moved = [name for name in FIELDS if not is_same(payload.before.get(name), after.get(name))]
    # A description that is to go is sent as null: absent fields keep their value.
    return {name: after.get(name) or None for name in moved}


def _back(payload: Payload) -> Draft:
    after = merged(payload)
    old = {name: payload.before.get(name) for name in FIELDS if payload.before.get(name) != after.get(name)}
    return Draft(UPDATE.verb, payload.ids, old, opened=left_by(payload))


def _made(ids: Ids, document: dict[str, Any]) -> Ids:
    made = document.get("id")
    return {"workspace_id": made} if isinstance(made, str) else ids


def _was_made(payload: Payload, now: State | None) -> Found:
    if now is None or now["_is_cut"]:
        return Found.CANNOT_TELL
    wanted = [payload.wanted.get("name"), payload.wanted.get("billing_mode")]
    fresh = [said for key, said in now["_known"].items() if key not in payload.before["_known"]]
    if fresh.count(wanted) == 1:
        return Found.APPLIED
    # Written otherwise, it may be the one that was asked for, too.
    return Found.CANNOT_TELL if fresh else Found.NOT_APPLIED


def _unmake(payload: Payload) -> Draft | None:
    return Draft(ARCHIVE.verb, payload.result_ids, {}) if "workspace_id" in payload.result_ids else None


def _was_archived(payload: Payload, now: State | None) -> Found:
    if now is None:
        return Found.CANNOT_TELL
    return Found.APPLIED if now["archived"] else Found.NOT_APPLIED


def _name_of(payload: Payload) -> str:
    return str(payload.before.get("name") or payload.wanted.get("name") or "")


CREATE: Final = Kind(
    verb="workspace.create",
    operation=CREATE_WORKSPACE,
    title="New workspace",
    button="Create the workspace",
    done="The workspace was created.",
    subject=_name_of,
    label=label,
    show=show,
    read=_siblings,
    read_result=_read_whole,
    result_ids=_made,
    body=_created_body,
    is_mergeable=False,
    is_creation=True,
    consequences=lambda payload: (
        "The billing mode is permanent: nobody can change it afterwards, here or at Altostrat.",
        "You, that is the person whose token is used, become its owner.",
    ),
    judge=_was_made,
    inverse=_unmake,
)

UPDATE: Final = Kind(
    verb="workspace.update",
    operation=UPDATE_WORKSPACE,
    title="Edit the workspace",
    button="Save at Altostrat",
    done="The workspace was changed.",
    subject=_name_of,
    label=label,
    show=show,
    read=_read,
    body=_changed_body,
    inverse=_back,
)

ARCHIVE: Final = Kind(
    verb="workspace.archive",
    operation=ARCHIVE_WORKSPACE,
    title="Archive the workspace",
    button="Archive it",
    done="The workspace was archived.",
    subject=_name_of,
    label=label,
    show=show,
    read=_read_to_archive,
    body=lambda payload: None,
    after=lambda payload: {**payload.before, "archived": True},
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: tuple(
        text for text in (payload.before.get("name"), payload.ids["workspace_id"]) if text
    ),
    consequences=lambda payload: (
        "Altostrat documents no way to bring an archived workspace back.",
        "Altostrat refuses as long as there are active subscriptions, or organizations with usage.",
    ),
    obstacle=lambda payload: "It is archived already." if payload.before["archived"] else "",
    judge=_was_archived,
)
