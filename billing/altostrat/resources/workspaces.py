from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.altostrat.fields import Resource


@dataclass(frozen=True, slots=True)
class Workspace(Resource):
    """https://altostrat.io/docs/api/en/workspaces/retrieve-a-workspace"""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    billing_mode: str | None = None
    pooled_seat_limit: int | None = None
    archived: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceMember(Resource):
    """A member of a workspace: an id at the identity provider and a role, without a name or email address.

    https://altostrat.io/docs/api/en/workspace-members/list-workspace-members
    """

    user_id: str | None = None
    workspace_id: str | None = None
    role: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
