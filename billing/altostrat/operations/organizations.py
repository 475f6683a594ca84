"""The organizations of a workspace, with usage and limits. https://altostrat.io/docs/api/en/organizations"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation, nothing, or_nothing
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization, OrganizationLimits

_IDENTITY: Final = {"id": "organizationId", "workspace_id": "workspaceId"}
_ONE: Final = "/workspaces/{workspaceId}/organizations/{organizationId}"

# https://altostrat.io/docs/api/en/organizations/list-organizations
LIST_ORGANIZATIONS: Final[Operation[Listing[Organization]]] = Operation(
    name="list_organizations",
    method="GET",
    path_template="/workspaces/{workspaceId}/organizations",
    parse=Listing.reader(Organization.from_json),
    is_listing=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/organizations/create-an-organization
CREATE_ORGANIZATION: Final[Operation[Organization | None]] = Operation(
    name="create_organization",
    method="POST",
    path_template="/workspaces/{workspaceId}/organizations",
    parse=or_nothing(Organization.from_json),
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/organizations/export-organization-usage-as-pdf
EXPORT_ORGANIZATION_USAGE_PDF: Final[Operation[object]] = Operation(
    name="export_organization_usage_pdf",
    method="GET",
    path_template="/workspaces/{workspaceId}/organizations/usage.pdf",
    parse=nothing,
    media_types=frozenset({"application/pdf", "application/octet-stream"}),
)

# Announced in https://github.com/Altostrat-SDX/change-log; path and media types are inferred.
EXPORT_ORGANIZATION_USAGE_CSV: Final[Operation[object]] = Operation(
    name="export_organization_usage_csv",
    method="GET",
    path_template="/workspaces/{workspaceId}/organizations/usage.csv",
    parse=nothing,
    media_types=frozenset({"text/csv", "application/csv", "application/octet-stream"}),
)

# https://altostrat.io/docs/api/en/organizations/retrieve-an-organization
RETRIEVE_ORGANIZATION: Final[Operation[Organization]] = Operation(
    name="retrieve_organization",
    method="GET",
    path_template=_ONE,
    parse=Organization.from_json,
    identity=_IDENTITY,
)

# https://altostrat.io/docs/api/en/organizations/delete-an-organization
DELETE_ORGANIZATION: Final[Operation[None]] = Operation(
    name="delete_organization", method="DELETE", path_template=_ONE, parse=nothing
)

# https://altostrat.io/docs/api/en/organizations/retrieve-parent-organization
RETRIEVE_PARENT_ORGANIZATION: Final[Operation[Organization | None]] = Operation(
    name="retrieve_parent_organization",
    method="GET",
    path_template=f"{_ONE}/parent",
    parse=or_nothing(Organization.from_json),
    is_about_relatives=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/organizations/create-a-child-organization
CREATE_CHILD_ORGANIZATION: Final[Operation[Organization | None]] = Operation(
    name="create_child_organization",
    method="POST",
    path_template=f"{_ONE}/children",
    parse=or_nothing(Organization.from_json),
    is_about_relatives=True,
    identity={"workspace_id": "workspaceId", "parent_org_id": "organizationId"},
)

# https://docs.altostrat.io/api-reference/spa/workspaces/organizations/list-all-descendants
LIST_DESCENDANT_ORGANIZATIONS: Final[Operation[Listing[Organization]]] = Operation(
    name="list_descendant_organizations",
    method="GET",
    path_template=f"{_ONE}/descendants",
    parse=Listing.reader(Organization.from_json),
    is_listing=True,
    is_about_relatives=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/organizations/retrieve-organization-limits
RETRIEVE_ORGANIZATION_LIMITS: Final[Operation[OrganizationLimits]] = Operation(
    name="retrieve_organization_limits",
    method="GET",
    path_template=f"{_ONE}/limits",
    parse=OrganizationLimits.from_json,
    identity={"organization_id": "organizationId"},
)
