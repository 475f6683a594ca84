"""What a form was opened upon, sealed into the form itself: nobody but its person can use it, or change it."""

from __future__ import annotations

import json

from billing.services.actor import Actor
from billing.services.changes.payload import Ids, State
from billing.services.storage import key_ring
from billing.vault import CannotUnseal


def seal_snapshot(actor: Actor, verb: str, ids: Ids, state: State) -> str:
    """The state as a text for a hidden field."""
    return key_ring.key_ring().seal(json.dumps(state), _context(actor, verb, ids))


def open_snapshot(actor: Actor, verb: str, ids: Ids, text: str) -> State | None:
    """The state inside; None for a text that was not made for this person, kind and object, or with a key long gone."""
    try:
        state = json.loads(key_ring.key_ring().unseal(text, _context(actor, verb, ids)))
    except CannotUnseal:
        return None
    return dict(state)


def _context(actor: Actor, verb: str, ids: Ids) -> tuple[str, ...]:
    return ("form-snapshot", str(actor.user.pk), verb, json.dumps(ids, sort_keys=True))
