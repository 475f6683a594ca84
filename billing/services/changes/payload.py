"""The sealed part of a change: personal data, and everything that its review shows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from typing import Any

from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.models import Change
from billing.models.changes import with_portal_names
from billing.services.changes.errors import PayloadDeleted
from billing.services.storage import key_ring

# A flat view of an object: "name", "address.city". Names that begin with "_" are facts for the kind, never shown.
State = dict[str, Any]
Ids = dict[str, str]


def is_same(one: object, other: object) -> bool:
    """Return whether two values of a field mean the same. Null, empty and missing values do."""
    return (one if one not in ("", [], {}) else None) == (other if other not in ("", [], {}) else None)


def without_facts(state: State) -> State:
    """Return the fields that may be shown."""
    return {name: value for name, value in state.items() if not name.startswith("_")}


def are_well_formed(ids: Ids) -> bool:
    """Return whether these ids can be used in a path. The change has succeeded even if they cannot."""
    try:
        for name, value in ids.items():
            checked(name, value, None if "|" in value else "")
    except InvalidIdentifier:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Payload:
    """One intended write and, after the call, its result.

    `opened` is the state that the form showed, `before` the state at the time of the review, `wanted` the fields as the
    person wants them, and `body` what is sent.
    """

    ids: Ids
    before: State
    wanted: State
    body: dict[str, Any] | None = None
    opened: State | None = None
    preview: dict[str, Any] | None = None
    # Altostrat's refusal: message, code, doc_url, fields.
    refusal: dict[str, Any] = field(default_factory=dict)
    # The ids of what was created or changed, and its state; the state is None until it is read, and when it is deleted.
    result_ids: Ids = field(default_factory=dict)
    now: State | None = None
    is_gone: bool = False

    @classmethod
    def of(cls, change: Change) -> Payload:
        """Open the payload in a row. Raise PayloadDeleted, `vault.CannotUnseal`."""
        if not change.envelope:
            raise PayloadDeleted
        values = json.loads(key_ring.key_ring().unseal(change.envelope, _context(change)))
        for name in ("ids", "result_ids"):
            values[name] = with_portal_names(values.get(name, {}))
        return cls(**values)

    def sealed_for(self, change: Change) -> str:
        """Return the envelope for a row. It opens only with the id and the person of that row."""
        return key_ring.key_ring().seal(
            json.dumps({one.name: getattr(self, one.name) for one in fields(self)}), _context(change)
        )

    def with_values(self, **values: Any) -> Payload:
        """Return a copy with other values."""
        return replace(self, **values)

    @property
    def object_ids(self) -> str:
        """The ids of the object, without those of its workspace and account, which have their own columns."""
        ids = self.result_ids or self.ids
        return ", ".join(ids[name] for name in ids if name not in ("workspace_id", "billing_account_id"))

    @property
    def merged(self) -> State:
        """The state after the change: `before`, overridden by `wanted`."""
        return {**self.before, **self.wanted}

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the fields that change."""
        merged = self.merged
        return tuple(name for name in merged if not is_same(self.before.get(name), merged[name]))

    @property
    def expected_by_undo(self) -> State:
        """The state that an undo expects: changed fields as they were sent, other fields as they were read afterwards.

        Changed fields are not taken from `now`, which may have been read days later, after others changed them again.
        """
        merged = self.merged
        return {**(self.now or merged), **{name: merged[name] for name in self.changed}}


def reseal(change: Change) -> bool:
    """Seal one row with the first key. Return False if the row has changed meanwhile. Raise `vault.CannotUnseal`."""
    envelope = Payload.of(change).sealed_for(change)
    return bool(Change.objects.filter(pk=change.pk, envelope=change.envelope).update(envelope=envelope))


def _context(change: Change) -> tuple[str, ...]:
    return ("change", str(change.user_id), str(change.pk))
