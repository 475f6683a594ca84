"""What a change holds under seal: personal data, and what its review showed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from billing.models import Change
from billing.models.changes import with_portal_names
from billing.services.changes.errors import PayloadDeleted
from billing.services.storage import key_ring

# A flat view of an object: "name", "address.city". Names that begin with "_" are facts for the kind, never shown.
State = dict[str, Any]
Ids = dict[str, str]


@dataclass(frozen=True, slots=True)
class Payload:
    """`opened` is what the form was filled in upon, `before` what Altostrat said when the review was made, `wanted`
    what the person wants, field by field; `body` is sent as it stands here. The rest comes after the call."""

    ids: Ids
    before: State
    wanted: State
    body: dict[str, Any] | None = None
    opened: State | None = None
    preview: dict[str, Any] | None = None
    # Altostrat's words when it refused: message, code, doc_url, fields.
    refusal: dict[str, Any] = field(default_factory=dict)
    # Of what was made or changed: its path parameters, and what Altostrat says of it; None also when it is gone.
    result_ids: Ids = field(default_factory=dict)
    now: State | None = None
    is_gone: bool = False

    def with_(self, **changes: Any) -> Payload:
        """A copy with some of it changed."""
        return replace(self, **changes)


def sealed(payload: Payload, change_id: UUID, user_id: int) -> str:
    """The envelope for the row of that id and person."""
    return key_ring.key_ring().seal(json.dumps(asdict(payload)), _context(change_id, user_id))


def opened(change: Change) -> Payload:
    """What is inside. Raises PayloadDeleted, `vault.CannotUnseal`."""
    if not change.envelope:
        raise PayloadDeleted
    plain = key_ring.key_ring().unseal(change.envelope, _context(change.pk, change.user_id))
    values = json.loads(plain)
    for name in ("ids", "result_ids"):
        values[name] = with_portal_names(values.get(name, {}))
    return Payload(**values)


def reseal(change: Change) -> bool:
    """Moves one row to the first key. False when it was changed meanwhile. Raises `vault.CannotUnseal`."""
    fresh = sealed(opened(change), change.pk, change.user_id)
    return bool(Change.objects.filter(pk=change.pk, envelope=change.envelope).update(envelope=fresh))


def _context(change_id: UUID, user_id: int) -> tuple[str, ...]:
    return ("change", str(user_id), str(change_id))
