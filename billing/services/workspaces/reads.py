"""Reads of workspaces, their members and their organizations, by the portal's names."""

from __future__ import annotations

from billing.altostrat.operations.organizations import (
    LIST_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
    RETRIEVE_ORGANIZATION_LIMITS,
)
from billing.altostrat.operations.workspaces import (
    LIST_WORKSPACE_MEMBERS,
    LIST_WORKSPACES,
    RETRIEVE_WORKSPACE,
)
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization, OrganizationLimits
from billing.altostrat.resources.workspaces import Workspace, WorkspaceMember
from billing.services.reads import Read


def workspaces() -> Read[Listing[Workspace]]:
    return Read(LIST_WORKSPACES)


def workspace(workspace_id: str) -> Read[Workspace]:
    return Read(RETRIEVE_WORKSPACE, {"workspace_id": workspace_id})


def members(workspace_id: str) -> Read[Listing[WorkspaceMember]]:
    return Read(LIST_WORKSPACE_MEMBERS, {"workspace_id": workspace_id})


def organizations(workspace_id: str) -> Read[Listing[Organization]]:
    return Read(LIST_ORGANIZATIONS, {"workspace_id": workspace_id})


def organization(workspace_id: str, organization_id: str) -> Read[Organization]:
    return Read(RETRIEVE_ORGANIZATION, _organization_path(workspace_id, organization_id))


def organization_limits(workspace_id: str, organization_id: str) -> Read[OrganizationLimits]:
    return Read(RETRIEVE_ORGANIZATION_LIMITS, _organization_path(workspace_id, organization_id))


def _organization_path(workspace_id: str, organization_id: str) -> dict[str, str]:
    return {"workspace_id": workspace_id, "organization_id": organization_id}
