"""The allowlist: the API relays the client's reads of JSON, under their own paths below /api/v1, and nothing else."""

from __future__ import annotations

from typing import Final

from billing.altostrat import operations
from billing.altostrat.operations.operation import Operation
from billing.roles import Permission

RELAYED: Final[tuple[Operation[object], ...]] = tuple(
    sorted(
        (row for row in operations.all_operations() if row.method == "GET" and not row.media_types),
        key=lambda operation: operation.path_template,
    )
)
PERMISSION: Final = Permission.BILLING_READ
