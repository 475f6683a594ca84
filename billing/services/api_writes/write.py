"""What a program wants to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billing.altostrat.operations.operation import Operation
from billing.services.api_writes.preconditions import IfMatch
from billing.services.changes import Signature
from billing.services.changes.payload import Ids


@dataclass(frozen=True, slots=True)
class Write:
    """A write with a body that fits the documented schema, except for the fields in `undocumented`.

    These are named like "address.planet", and are only there if the operator allows them.
    """

    operation: Operation[Any]
    ids: Ids
    body: dict[str, Any] | None
    signature: Signature
    if_match: IfMatch | None = None
    undocumented: frozenset[str] = frozenset()

    def identity(self) -> list[Any]:
        """Return what makes two writes with the same Idempotency-Key the same."""
        condition = self.if_match
        stated = [] if condition is None else [condition.any_state, sorted(condition.tags)]
        path, signature = self.operation.path(self.ids), self.signature
        return [self.operation.name, path, self.body, signature.reason, signature.ticket, *stated]
