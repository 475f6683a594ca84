"""Reading the present state of what a change is about, with the actor's own token."""

from __future__ import annotations

from billing.altostrat.errors import NotFound
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Contents, Ids, State
from billing.services.tokens import client_for


def present(actor: Actor, kind: Kind, ids: Ids, *, is_for_write: bool = False) -> State:
    """What Altostrat says now. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, ids.get("workspace_id", ""), is_for_write=is_for_write) as client:
        return kind.read(client, ids)


def present_or_gone(actor: Actor, kind: Kind, ids: Ids) -> State | None:
    """The same after a write; None when Altostrat has no such object (any more)."""
    try:
        return present(actor, kind, ids, is_for_write=True)
    except NotFound:
        return None


def result(actor: Actor, kind: Kind, contents: Contents) -> State | None:
    """What Altostrat says of what a write has made or changed; None when it is gone."""
    ids = contents.result_ids or contents.ids
    try:
        with client_for(actor, ids.get("workspace_id", ""), is_for_write=True) as client:
            return kind.state_of_result(client, ids)
    except NotFound:
        return None
