"""Workspaces and their members. https://altostrat.io/docs/api/en/workspaces"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation, nothing, or_nothing
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.workspaces import Workspace, WorkspaceMember

# https://altostrat.io/docs/api/en/workspaces/list-workspaces
LIST_WORKSPACES: Final[Operation[Listing[Workspace]]] = Operation(
    name="list_workspaces",
    method="GET",
    path_template="/workspaces",
    parse=Listing.reader(Workspace.from_json),
    is_listing=True,
)

# https://altostrat.io/docs/api/en/workspaces/create-a-workspace
CREATE_WORKSPACE: Final[Operation[Workspace | None]] = Operation(
    name="create_workspace",
    method="POST",
    path_template="/workspaces",
    parse=or_nothing(Workspace.from_json),
)

# https://altostrat.io/docs/api/en/workspaces/retrieve-a-workspace
RETRIEVE_WORKSPACE: Final[Operation[Workspace]] = Operation(
    name="retrieve_workspace",
    method="GET",
    path_template="/workspaces/{workspaceId}",
    parse=Workspace.from_json,
    identity={"id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/workspaces/update-a-workspace
UPDATE_WORKSPACE: Final[Operation[Workspace | None]] = Operation(
    name="update_workspace",
    method="PATCH",
    path_template="/workspaces/{workspaceId}",
    parse=or_nothing(Workspace.from_json),
    identity={"id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/workspaces/archive-a-workspace
ARCHIVE_WORKSPACE: Final[Operation[None]] = Operation(
    name="archive_workspace", method="DELETE", path_template="/workspaces/{workspaceId}", parse=nothing
)

# https://altostrat.io/docs/api/en/workspace-members/list-workspace-members
LIST_WORKSPACE_MEMBERS: Final[Operation[Listing[WorkspaceMember]]] = Operation(
    name="list_workspace_members",
    method="GET",
    path_template="/workspaces/{workspaceId}/members",
    parse=Listing.reader(WorkspaceMember.from_json),
    is_listing=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/workspace-members/add-a-member-to-a-workspace
ADD_WORKSPACE_MEMBER: Final[Operation[WorkspaceMember | None]] = Operation(
    name="add_workspace_member",
    method="POST",
    path_template="/workspaces/{workspaceId}/members",
    parse=or_nothing(WorkspaceMember.from_json),
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/workspace-members/update-a-members-role
UPDATE_WORKSPACE_MEMBER: Final[Operation[WorkspaceMember | None]] = Operation(
    name="update_workspace_member",
    method="PATCH",
    path_template="/workspaces/{workspaceId}/members/{memberId}",
    parse=or_nothing(WorkspaceMember.from_json),
    identity={"user_id": "memberId", "workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/workspace-members/remove-a-member-from-a-workspace
REMOVE_WORKSPACE_MEMBER: Final[Operation[None]] = Operation(
    name="remove_workspace_member",
    method="DELETE",
    path_template="/workspaces/{workspaceId}/members/{memberId}",
    parse=nothing,
)
