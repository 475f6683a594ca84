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


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, and the scope that a key needs for it."""

    operation: Operation[object]
    scope: Permission

    @property
    def path_template(self) -> str:
        return self.operation.path_template


def _routes() -> tuple[Route, ...]:
    reads = [
        Route(row, Permission.BILLING_READ) for row in operations.all_operations() if row.method == "GET"
    ]
    # "usage.pdf" comes before "{organizationId}", which would match it.
    return tuple(sorted(reads, key=lambda route: (route.path_template, route.operation.method)))


ROUTES: Final = _routes()
BY_PATH: Final[Mapping[str, Mapping[str, Route]]] = {
    path: {route.operation.method: route for route in routes}
    for path, routes in groupby(ROUTES, key=lambda route: route.path_template)
}
