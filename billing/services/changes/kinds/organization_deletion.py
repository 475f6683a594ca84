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
    title = "Delete the organization"
    button = "Delete for good"
    success_message = "The organization was deleted."

    def read(self, client: AltostratClient, ids: Ids) -> State:
        organization = client.call(RETRIEVE_ORGANIZATION, **ids).value
        below = client.call(LIST_DESCENDANT_ORGANIZATIONS, **ids).value
        usage = organization.usage.subtree_usage if organization.usage else None
        return {
            "name": organization.name,
            "below": f"{len(below.items)}{' or more' if below.has_more else ''}",
            "_below": len(below.items),
            "_used": {meter: count for meter, count in (usage or {}).items() if count},
        }

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        below, used = payload.before.get("_below"), payload.before.get("_used") or {}
        sentences = ["Deleting is permanent: nobody can bring it back, here or at Altostrat."]
        if below:
            sentences.append(
                f"The {below} below it go with it." if below > 1 else "The one below it goes with it."
            )
        if used:
            amounts = ", ".join(f"{count} {meter}" for meter, count in used.items())
            sentences.append(
                f"It is in use now ({amounts}): Altostrat refuses to delete it until nothing is used any more."
            )
        else:
            sentences.append("Altostrat refuses as long as it, or one below it, uses anything.")
        return tuple(sentences)


DELETE: Final = DeleteOrganization()
