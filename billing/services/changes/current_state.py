"""Reading the present state of what a change is about, with the actor's own token."""

from __future__ import annotations

from billing.altostrat.errors import NotFound
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Ids, Payload, State
from billing.services.tokens import client_for


def read_current_state(actor: Actor, kind: Kind, ids: Ids, *, is_for_write: bool = False) -> State:
    """What Altostrat says now. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, ids.get("workspace_id", ""), is_for_write=is_for_write) as client:
        return kind.read(client, ids)


def read_current_state_or_none(actor: Actor, kind: Kind, ids: Ids) -> State | None:
    """The same after a write; None when Altostrat has no such object (any more)."""
    try:
        return read_current_state(actor, kind, ids, is_for_write=True)
    except NotFound:
        return None


def result(actor: Actor, kind: Kind, payload: Payload) -> State | None:
    """What Altostrat says of what a write has made or changed; None when it is gone."""
    ids = payload.result_ids or payload.ids
    try:
        with client_for(actor, ids.get("workspace_id", ""), is_for_write=True) as client:
            return kind.read_result(client, ids)
    except NotFound:
        return None
