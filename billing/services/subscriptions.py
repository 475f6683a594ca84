"""Subscriptions: list."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.resources import Listing, Subscription
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str, billing_account_id: str) -> Answer[Listing[Subscription]]:
    """The subscriptions of one billing account. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.LIST_SUBSCRIPTIONS, workspaceId=workspace_id, billingAccountId=billing_account_id
        )
