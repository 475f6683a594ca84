"""Before and after, for people; and what changed underneath since a form was opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from billing.services.changes.kind import Kind, is_same
from billing.services.changes.payload import Payload, State


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. Texts are empty where there is no value. `now` is None until Altostrat was read again."""

    name: str
    label: str
    before: str
    after: str
    is_changed: bool
    now: str | None = None
    # Altostrat says something else than what was sent.
    is_otherwise: bool = False
    # Altostrat has no field for it.
    is_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field in three versions. `theirs` and `mine`: who changed it since `opened`."""

    name: str
    label: str
    opened: str
    now: str
    yours: str
    is_theirs: bool
    is_mine: bool
    # Nothing that the person could write: it is told, and there is nothing to choose.
    is_fact: bool = False

    @property
    def is_same(self) -> bool:
        """Both want the same: nothing to choose."""
        return self.now == self.yours


def field_changes(kind: Kind, payload: Payload) -> tuple[FieldChange, ...]:
    """Every field that is shown, in the kind's order; those that change are marked."""
    after = kind.after(payload)
    # What was read may be facts for the kind alone: then nothing is said of what is there now.
    now = payload.now if _names((payload.now or {},)) else None
    return tuple(_row(kind, name, payload, after, now) for name in _names((payload.before, after, now or {})))


def find_conflicts(kind: Kind, payload: Payload) -> tuple[Conflict, ...]:
    """The fields that changed at Altostrat since the form was opened: none, and the review can go on.

    With them come those that only the person changed, so that the comparison shows the whole.
    """
    if payload.opened is None or not differing(payload.opened, payload.before):
        return ()
    rows = (_conflict(kind, name, payload) for name in _names((payload.opened, payload.before)))
    return tuple(row for row in rows if row.is_theirs or row.is_mine)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """The names of the shown fields that do not mean the same in both."""
    return frozenset(name for name in _names((one, other)) if not is_same(one.get(name), other.get(name)))


def _row(kind: Kind, name: str, payload: Payload, after: State, now: State | None) -> FieldChange:
    before, then = payload.before.get(name), after.get(name)
    is_unseen = now is not None and name in kind.unseen and now.get(name) is None
    return FieldChange(
        name=name,
        label=kind.label(name),
        before=kind.show(name, before),
        after=kind.show(name, then),
        is_changed=not is_same(before, then),
        now=None if now is None else kind.show(name, now.get(name)),
        is_otherwise=now is not None and not is_unseen and not is_same(now.get(name), then),
        is_unseen=is_unseen,
    )


def _conflict(kind: Kind, name: str, payload: Payload) -> Conflict:
    opened = (payload.opened or {}).get(name)
    now = payload.before.get(name)
    is_fact = not kind.writes(name)
    yours = now if is_fact else payload.wanted.get(name, opened)
    return Conflict(
        name=name,
        label=kind.label(name),
        opened=kind.show(name, opened),
        now=kind.show(name, now),
        yours=kind.show(name, yours),
        is_theirs=not is_same(opened, now),
        is_mine=not is_fact and not is_same(opened, yours),
        is_fact=is_fact,
    )


def _names(states: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for state in states for name in state if not name.startswith("_")))
