"""If-Match: a write that is only sent if its object still has a state that the caller has seen.

https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billing.altostrat.operations.operation import Operation
from billing.services.actor import Actor
from billing.services.changes.payload import Ids
from billing.services.reads.etags import etag_of
from billing.services.tokens import client_for


class PreconditionFailed(Exception):
    """The object has none of the states in If-Match. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The entity tags of which the object must have one; `any_state` for `*`.

    `read` returns the object. It is None if no read does, and then no tag matches.
    """

    tags: frozenset[str]
    any_state: bool
    read: Operation[Any] | None

    def require(self, actor: Actor, ids: Ids) -> None:
        """Compare the tags with a fresh read. Raise PreconditionFailed, and as `client_for`.

        Call this with the lock of the change, so that no other write of the portal comes in between. The comparison is
        strong: a weak tag never matches.
        """
        if self.read is None or not (self.tags or self.any_state):
            raise PreconditionFailed
        with client_for(actor, ids["workspace_id"], is_for_write=True) as client:
            body = client.call(self.read, **ids).body
        if not self.any_state and etag_of(body) not in self.tags:
            raise PreconditionFailed
