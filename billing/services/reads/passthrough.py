"""Altostrat's own operations for programs: the same token, checks and errors as the pages have."""

from __future__ import annotations

from collections.abc import Mapping

from billing.altostrat.client import Answer
from billing.altostrat.operations.operation import Operation
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.reads import single
from billing.services.tokens.kept_copies import Read


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
    return single.asked(
        actor, path_parameters.get("workspaceId", ""), Read(operation, path_parameters, query)
    )
