"""The allowlist: the operations of Altostrat's API that the portal's API relays, and the permissions they need.

A route has the method and path of its operation; the path is served under /api/v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.organizations import (
    LIST_DESCENDANT_ORGANIZATIONS,
    LIST_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
    RETRIEVE_ORGANIZATION_LIMITS,
    RETRIEVE_PARENT_ORGANIZATION,
)
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import (
    CHECK_TRIAL_ELIGIBILITY,
    LIST_SUBSCRIPTIONS,
    RETRIEVE_SUBSCRIPTION,
)
from billing.altostrat.operations.workspaces import (
    LIST_WORKSPACE_MEMBERS,
    LIST_WORKSPACES,
    RETRIEVE_WORKSPACE,
)
from billing.roles import Permission


@dataclass(frozen=True, slots=True)
class Route:
    operation: Operation[object]
    permission: Permission

    @property
    def method(self) -> str:
        return self.operation.method

    @property
    def path_template(self) -> str:
        """For example "/workspaces/{workspaceId}"."""
        return self.operation.path_template


ROUTES: Final = (
    Route(LIST_WORKSPACES, Permission.BILLING_READ),
    Route(RETRIEVE_WORKSPACE, Permission.BILLING_READ),
    Route(LIST_WORKSPACE_MEMBERS, Permission.BILLING_READ),
    Route(LIST_ORGANIZATIONS, Permission.BILLING_READ),
    Route(RETRIEVE_ORGANIZATION, Permission.BILLING_READ),
    Route(RETRIEVE_PARENT_ORGANIZATION, Permission.BILLING_READ),
    Route(LIST_DESCENDANT_ORGANIZATIONS, Permission.BILLING_READ),
    Route(RETRIEVE_ORGANIZATION_LIMITS, Permission.BILLING_READ),
    Route(LIST_BILLING_ACCOUNTS, Permission.BILLING_READ),
    Route(RETRIEVE_BILLING_ACCOUNT, Permission.BILLING_READ),
    Route(LIST_SUBSCRIPTIONS, Permission.BILLING_READ),
    Route(RETRIEVE_SUBSCRIPTION, Permission.BILLING_READ),
    Route(CHECK_TRIAL_ELIGIBILITY, Permission.BILLING_READ),
    Route(LIST_INVOICES, Permission.BILLING_READ),
    Route(LIST_PAYMENT_METHODS, Permission.BILLING_READ),
)


def by_path() -> Mapping[str, Mapping[str, Route]]:
    """The routes by path template and method, in the order of ROUTES."""
    paths: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        paths.setdefault(route.path_template, {})[route.method] = route
    return paths
