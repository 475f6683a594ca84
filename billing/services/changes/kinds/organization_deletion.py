"""Deleting an organization. https://altostrat.io/docs/api/en/organizations/delete-an-organization"""

from __future__ import annotations

from typing import Final

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.organizations import (
    DELETE_ORGANIZATION,
    LIST_DESCENDANT_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
)
from billing.services.changes.kind import Ids, Payload, State
from billing.services.changes.kinds.bases import Deletion


class DeleteOrganization(Deletion):
    verb = "organization.delete"
    operation = DELETE_ORGANIZATION
    id_name = "organization_id"
    title = "Delete organization"
    button = "Delete permanently"
    success_message = "Organization deleted"

    def read(self, client: AltostratClient, ids: Ids) -> State:
        organization = client.call(RETRIEVE_ORGANIZATION, **ids).value
        below = client.call(LIST_DESCENDANT_ORGANIZATIONS, **ids).value
        usage = organization.usage.subtree_usage if organization.usage else None
        return {
            "name": organization.name,
            "below": f"{len(below.items)}{' or more' if below.has_more else ''}",
            "_below": len(below.items),
            "_is_cut": bool(below.has_more),
            "_used": {meter: count for meter, count in (usage or {}).items() if count},
        }

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        below, used = payload.before.get("_below"), payload.before.get("_used") or {}
        sentences = ["This is permanent. Neither the portal nor Altostrat can restore the organization."]
        if payload.before.get("_is_cut"):
            sentences.append(
                "All organizations below it are deleted as well. Altostrat did not list all of them."
            )
        elif below:
            sentences.append(
                f"The {below} organizations below it are deleted as well."
                if below > 1
                else "The organization below it is deleted as well."
            )
        if used:
            amounts = ", ".join(f"{count} {meter}" for meter, count in used.items())
            sentences.append(
                f"It is in use ({amounts}). Altostrat refuses to delete it until nothing is in use."
            )
        else:
            sentences.append("Altostrat refuses this while it, or an organization below it, is in use.")
        return tuple(sentences)


DELETE: Final = DeleteOrganization()
