"""Altostrat's own operations for programs: the same token, checks and errors as the pages have."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext

from billing.altostrat.client import Answer
from billing.altostrat.operations import RETRIEVE_BILLING_ACCOUNT, Operation
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.tokens import client_for


def forward(
    actor: Actor,
    operation: Operation[object],
    permission: Permission,
    path_parameters: Mapping[str, str],
    query: Mapping[str, str],
) -> Answer[object]:
    """Calls one operation; the answer's `body` is Altostrat's, byte for byte. Raises NotPermitted, NoToken,
    InvalidIdentifier, AltostratError."""
    actor.require(permission)
    workspace_id = path_parameters.get("workspaceId", "")
    is_reading = operation is RETRIEVE_BILLING_ACCOUNT
    account_id = path_parameters.get("billingAccountId", "")
    noted = audit.reading(actor, workspace_id, account_id) if is_reading else nullcontext()
    with noted, client_for(actor, workspace_id) as client:
        return client.call(operation, query, **path_parameters)
