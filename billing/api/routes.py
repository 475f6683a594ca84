"""The table of the API: the operations of Altostrat that it relays, under their own methods and paths below /api/v1.

URLs, permissions, the OpenAPI description and tests/access follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from billing.altostrat import operations
from billing.altostrat.operations.operation import Operation
from billing.roles import Permission
from billing.services.api_writes import kinds_of

# Workspaces, members and organizations cannot be written through the API.
_WRITABLE: Final = "/workspaces/{workspaceId}/billing-accounts"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, the scope that a key needs for it, and the verbs of its changes in the audit log."""

    operation: Operation[object]
    scope: Permission
    audit_verbs: tuple[str, ...] = ()

    @property
    def path_template(self) -> str:
        return self.operation.path_template


def _routes() -> tuple[Route, ...]:
    routes = filter(None, map(_route_of, operations.all_operations()))
    # "usage.pdf" comes before "{organizationId}", which would match it.
    return tuple(sorted(routes, key=lambda route: (route.path_template, route.operation.method)))


def _route_of(operation: Operation[object]) -> Route | None:
    if operation.is_read:
        return Route(operation, Permission.BILLING_READ)
    if not operation.path_template.startswith(_WRITABLE):
        return None
    return Route(operation, Permission.BILLING_WRITE, tuple(kind.verb for kind in kinds_of(operation)))


ROUTES: Final = _routes()
BY_PATH: Final[Mapping[str, Mapping[str, Route]]] = {
    path: {route.operation.method: route for route in routes}
    for path, routes in groupby(ROUTES, key=lambda route: route.path_template)
}
