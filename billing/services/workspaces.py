"""Workspaces: list, retrieve."""

from __future__ import annotations

from billing.altostrat.client import Answer
from billing.altostrat.resources import Listing, Workspace
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor) -> Answer[Listing[Workspace]]:
    """The workspaces that the actor's default token sees. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor) as client:
        return client.list_workspaces()


def retrieve(actor: Actor, *, workspace_id: str) -> Answer[Workspace]:
    """One workspace. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.retrieve_workspace(workspace_id)
