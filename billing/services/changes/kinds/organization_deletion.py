"""Deleting an organization. https://altostrat.io/docs/api/en/organizations/delete-an-organization"""

from __future__ import annotations

from typing import Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.organizations import (
    DELETE_ORGANIZATION,
    LIST_DESCENDANT_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
)
from billing.services.changes.kind import Found, Ids, Kind, Payload, State

_LABELS: Final = {"name": "Name", "below": "Organizations below it"}


def _read_to_delete(client: AltostratClient, ids: Ids) -> State:
    organization = client.call(RETRIEVE_ORGANIZATION, **ids).value
    below = client.call(LIST_DESCENDANT_ORGANIZATIONS, **ids).value
    usage = organization.usage.subtree_usage if organization.usage else None
    return {
        "name": organization.name,
        "below": f"{len(below.items)}{' or more' if below.has_more else ''}",
        "_below": len(below.items),
        "_used": {meter: count for meter, count in (usage or {}).items() if count},
    }


def _consequences_of_deleting(payload: Payload) -> tuple[str, ...]:
    below, used = payload.before.get("_below"), payload.before.get("_used") or {}
    told = ["Deleting is permanent: nobody can bring it back, here or at Altostrat."]
    if below:
        told.append(f"The {below} below it go with it." if below > 1 else "The one below it goes with it.")
    if used:
        amounts = ", ".join(f"{count} {meter}" for meter, count in used.items())
        told.append(
            f"It is in use now ({amounts}): Altostrat refuses to delete it until nothing is used any more."
        )
    else:
        told.append("Altostrat refuses as long as it, or one below it, uses anything.")
    return tuple(told)


def _was_deleted(payload: Payload, now: State | None) -> Found:
    return Found.APPLIED if now is None else Found.NOT_APPLIED


DELETE: Final = Kind(
    verb="organization.delete",
    operation=DELETE_ORGANIZATION,
    title="Delete the organization",
    button="Delete for good",
    done="The organization was deleted.",
    subject=lambda payload: str(payload.before.get("name") or ""),
    label=lambda name: _LABELS.get(name, name),
    read=_read_to_delete,
    body=lambda payload: None,
    after=lambda payload: {},
    is_mergeable=False,
    is_dangerous=True,
    needs_reason=True,
    confirmation=lambda payload: tuple(
        text for text in (payload.before.get("name"), payload.ids["organization_id"]) if text
    ),
    consequences=_consequences_of_deleting,
    judge=_was_deleted,
)
