"""Payment methods: list."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.resources import Listing, PaymentMethod
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str, billing_account_id: str) -> Answer[Listing[PaymentMethod]]:
    """The payment methods of one billing account, five at most. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.LIST_PAYMENT_METHODS, workspaceId=workspace_id, billingAccountId=billing_account_id
        )
