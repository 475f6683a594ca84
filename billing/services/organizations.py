"""Organizations: list, retrieve, parent, descendants, limits."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.resources import Listing, Organization, OrganizationLimits
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str) -> Answer[Listing[Organization]]:
    """The organizations of one workspace, all levels of the tree. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(operations.LIST_ORGANIZATIONS, workspaceId=workspace_id)


def retrieve(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[Organization]:
    """One organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.RETRIEVE_ORGANIZATION, workspaceId=workspace_id, organizationId=organization_id
        )


def limits(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[OrganizationLimits]:
    """Usage, limits and free capacity of one organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.RETRIEVE_ORGANIZATION_LIMITS, workspaceId=workspace_id, organizationId=organization_id
        )


def descendants(actor: Actor, *, workspace_id: str, organization_id: str) -> Answer[Listing[Organization]]:
    """Everything below one organization. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.LIST_DESCENDANT_ORGANIZATIONS, workspaceId=workspace_id, organizationId=organization_id
        )
