"""The allow-list: what may be asked through the passthrough, at Altostrat's own paths. Nothing else exists below /api/v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing.altostrat import operations
from billing.altostrat.operations import Operation
from billing.roles import Permission


@dataclass(frozen=True, slots=True)
class Route:
    """One operation that programs may call, and what they need for it."""

    operation: Operation[object]
    permission: Permission
    tag: str
    summary: str


ROUTES: Final = (
    Route(
        operations.LIST_WORKSPACES,
        Permission.BILLING_READ,
        "Workspaces",
        "List the workspaces your token sees",
    ),
    Route(operations.RETRIEVE_WORKSPACE, Permission.BILLING_READ, "Workspaces", "Retrieve a workspace"),
    Route(
        operations.LIST_BILLING_ACCOUNTS,
        Permission.BILLING_READ,
        "Billing accounts",
        "List the billing accounts of a workspace",
    ),
    Route(
        operations.RETRIEVE_BILLING_ACCOUNT,
        Permission.BILLING_READ,
        "Billing accounts",
        "Retrieve a billing account",
    ),
)
