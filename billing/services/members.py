"""The members of a workspace: list."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.resources import Listing, WorkspaceMember
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str) -> Answer[Listing[WorkspaceMember]]:
    """Who may act in one workspace. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(operations.LIST_WORKSPACE_MEMBERS, workspaceId=workspace_id)
