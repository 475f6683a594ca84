"""Before and after of a change, field by field; and what others changed since its form was opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from billing import masks
from billing.services.changes.attempt import Attempt
from billing.services.changes.payload import State, is_same


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. A text is empty if there is no value. `now` is None until Altostrat is read again."""

    name: str
    label: str
    before: str
    after: str
    is_changed: bool
    now: str | None = None
    # Altostrat has another value than the one that was sent.
    is_different: bool = False
    # Altostrat never returns the field.
    is_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field in three versions. `is_theirs` and `is_mine` say who changed it since the form was opened."""

    name: str
    label: str
    opened: str
    now: str
    yours: str
    is_theirs: bool
    is_mine: bool
    # The change cannot write the field, so there is nothing to choose.
    is_fact: bool = False

    @property
    def is_same(self) -> bool:
        """Whether both sides have the same value, so that there is nothing to choose."""
        return self.now == self.yours


def field_changes(attempt: Attempt) -> tuple[FieldChange, ...]:
    """Return every field that is shown, in the kind's order."""
    payload = attempt.payload
    after = attempt.kind.after(payload)
    # A state with nothing but facts for the kind has no values of fields.
    now = payload.now if _names((payload.now or {},)) else None
    return tuple(
        _field_change(attempt, name, after, now) for name in _names((payload.before, after, now or {}))
    )


def find_conflicts(attempt: Attempt) -> tuple[Conflict, ...]:
    """Return the fields that changed at Altostrat since the form was opened, and those that the person changed.

    Return an empty tuple if nothing changed at Altostrat, so that the review can continue.
    """
    payload = attempt.payload
    if payload.opened is None or not differing(payload.opened, payload.before):
        return ()
    conflicts = (_conflict(attempt, name) for name in _names((payload.opened, payload.before)))
    return tuple(conflict for conflict in conflicts if conflict.is_theirs or conflict.is_mine)


def needs_comparison(attempt: Attempt) -> bool:
    """Return whether the person has to choose between their values and others' before the change can be sent."""
    return attempt.kind.is_mergeable and bool(find_conflicts(attempt))


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the shown fields whose values differ."""
    return frozenset(name for name in _names((one, other)) if not is_same(one.get(name), other.get(name)))


def _field_change(attempt: Attempt, name: str, after: State, now: State | None) -> FieldChange:
    kind, old, new = attempt.kind, attempt.payload.before.get(name), after.get(name)
    is_typed = not is_same(old, new) and not attempt.change.undoes_id
    is_unseen = now is not None and name in kind.unseen and now.get(name) is None
    return FieldChange(
        name=name,
        label=kind.label(name),
        before=_shown(attempt, name, old),
        after=kind.show(name, new) if is_typed else _shown(attempt, name, new),
        is_changed=not is_same(old, new),
        now=None if now is None else _shown(attempt, name, now.get(name), is_typed and new),
        is_different=now is not None and not is_unseen and not is_same(now.get(name), new),
        is_unseen=is_unseen,
    )


def _conflict(attempt: Attempt, name: str) -> Conflict:
    kind, payload = attempt.kind, attempt.payload
    opened = (payload.opened or {}).get(name)
    now = payload.before.get(name)
    is_fact = not kind.writes(name)
    yours = now if is_fact else payload.wanted.get(name, opened)
    is_mine = not is_fact and not is_same(opened, yours)
    return Conflict(
        name=name,
        label=kind.label(name),
        opened=_shown(attempt, name, opened),
        now=_shown(attempt, name, now),
        yours=kind.show(name, yours)
        if is_mine and not attempt.change.undoes_id
        else _shown(attempt, name, yours),
        is_theirs=not is_same(opened, now),
        is_mine=is_mine,
        is_fact=is_fact,
    )


def _shown(attempt: Attempt, name: str, value: Any, typed: Any = None) -> str:
    """Return a value as text, masked for those who see personal data masked unless they typed this value."""
    is_hidden = attempt.actor.is_masked and not (typed and is_same(value, typed))
    return attempt.kind.show(name, masks.value(name, value) if is_hidden else value)


def _names(states: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for state in states for name in state if not name.startswith("_")))
