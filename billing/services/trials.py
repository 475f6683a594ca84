"""Whether a trial is possible."""

from __future__ import annotations

from billing.altostrat import operations
from billing.altostrat.client import Answer
from billing.altostrat.resources import TrialEligibility
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.tokens import client_for


def check(actor: Actor, *, workspace_id: str, billing_account_id: str) -> Answer[TrialEligibility]:
    """May this account start a trial, and what is missing? Raises NotPermitted, NoToken, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(
            operations.CHECK_TRIAL_ELIGIBILITY, workspaceId=workspace_id, billingAccountId=billing_account_id
        )
