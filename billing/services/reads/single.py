"""One read that nothing can stand in for: no copy of another time, no page without it. Noted as a reading."""

from __future__ import annotations

from typing import TypeVar

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.reads import access_log
from billing.services.tokens import client_for
from billing.services.tokens.kept_copies import Read

T = TypeVar("T")


def live(actor: Actor, workspace_id: str, read: Read[T]) -> Answer[T]:
    """What Altostrat says now. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(Permission.BILLING_READ)
    return asked(actor, workspace_id, read)


def asked(actor: Actor, workspace_id: str, read: Read[T]) -> Answer[T]:
    """The same for whom another permission lets read it. Raises NoToken, InvalidIdentifier, AltostratError."""
    try:
        with client_for(actor, workspace_id) as client:
            answer = client.call(read.operation, read.query, read.body, **read.path)
    except AltostratError as error:
        access_log.record(actor, [(read, error)])
        raise
    access_log.record(actor, [(read, answer)])
    return answer
