"""One read that nothing can stand in for: no copy of another time, no page without it."""

from __future__ import annotations

from typing import TypeVar

from billing.altostrat.client import Answer
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.kept_copies import Read
from billing.services.tokens import client_for

T = TypeVar("T")


def live(actor: Actor, workspace_id: str, read: Read[T]) -> Answer[T]:
    """What Altostrat says now. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, workspace_id) as client:
        return client.call(read.operation, read.query, read.body, **read.path)
