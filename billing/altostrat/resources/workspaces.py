"""Workspaces and their members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing.altostrat.fields import Fields, no_fields


@dataclass(frozen=True, slots=True)
class Workspace:
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
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> Workspace:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            name=fields.text("name"),
            description=fields.text("description"),
            billing_mode=fields.text("billing_mode"),
            pooled_seat_limit=fields.integer("pooled_seat_limit"),
            archived=fields.flag("archived"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            archived_at=fields.moment("archived_at"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class WorkspaceMember:
    """Who may act in a workspace: an id at the identity provider and a role, no name and no address.

    https://altostrat.io/docs/api/en/workspace-members/list-workspace-members
    """

    user_id: str | None = None
    workspace_id: str | None = None
    role: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> WorkspaceMember:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            user_id=fields.text("user_id"),
            workspace_id=fields.text("workspace_id"),
            role=fields.text("role"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            extra=fields.extra(),
        )
