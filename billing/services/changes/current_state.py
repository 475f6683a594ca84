"""The present state of the object of a change, and the state that a form was opened with."""

from __future__ import annotations

import json

from billing.altostrat.errors import NotFound
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes.attempt import Attempt
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Ids, State
from billing.services.storage import key_ring
from billing.services.tokens import client_for
from billing.vault import CannotUnseal


def read_current_state(actor: Actor, kind: Kind, ids: Ids, *, is_for_write: bool = False) -> State:
    """Read the object with the actor's token. Raise NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(Permission.BILLING_READ)
    with client_for(actor, ids.get("workspace_id", ""), is_for_write=is_for_write) as client:
        return kind.read(client, ids)


def read_before_write(actor: Actor, kind: Kind, ids: Ids) -> State:
    """Read the object for a write. A portal key may have only the scope for writes. Raise as `read_current_state`."""
    actor.require(Permission.BILLING_WRITE)
    with client_for(actor, ids.get("workspace_id", ""), is_for_write=True) as client:
        return kind.read(client, ids)


def read_after_write(attempt: Attempt) -> State | None:
    """Read the object after a write. Return None when it does not exist (any more)."""
    ids = attempt.payload.ids
    try:
        with client_for(attempt.actor, ids.get("workspace_id", ""), is_for_write=True) as client:
            return attempt.kind.read(client, ids)
    except NotFound:
        return None


def read_result(attempt: Attempt) -> State | None:
    """Read what a successful write created or changed. Return None when it does not exist (any more)."""
    ids = attempt.payload.result_ids or attempt.payload.ids
    try:
        with client_for(attempt.actor, ids.get("workspace_id", ""), is_for_write=True) as client:
            return attempt.kind.read_result(client, ids)
    except NotFound:
        return None


def seal_snapshot(actor: Actor, verb: str, ids: Ids, state: State) -> str:
    """Seal the state that a form shows, for a hidden field of the form. Only this person can send it back."""
    return key_ring.key_ring().seal(json.dumps(state), _context(actor, verb, ids))


def open_snapshot(actor: Actor, verb: str, ids: Ids, text: str) -> State | None:
    """Open a sealed state. Return None if it was sealed for another person, kind or object, or with a retired key."""
    try:
        return dict(json.loads(key_ring.key_ring().unseal(text, _context(actor, verb, ids))))
    except CannotUnseal:
        return None


def _context(actor: Actor, verb: str, ids: Ids) -> tuple[str, ...]:
    return ("form-snapshot", str(actor.user.pk), verb, json.dumps(ids, sort_keys=True))
