"""Billing accounts: list, retrieve."""

from __future__ import annotations

from billing.altostrat.client import Answer
from billing.altostrat.resources import BillingAccount, Listing
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def list_all(actor: Actor, *, workspace_id: str) -> Answer[Listing[BillingAccount]]:
    """The billing accounts of one workspace. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.list_billing_accounts(workspace_id)


def retrieve(actor: Actor, *, workspace_id: str, billing_account_id: str) -> Answer[BillingAccount]:
    """One billing account in full. Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.retrieve_billing_account(workspace_id, billing_account_id)
