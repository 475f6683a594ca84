"""What a kind of write is, in data and small functions. All of them get the Payload of one change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.operation import Operation
from billing.models import Change
from billing.services.changes.payload import Ids, Payload, State

Found = Change.Found

__all__ = ("Draft", "Found", "Ids", "Kind", "Payload", "State", "is_same")


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that somebody wants. `opened` is the state that their form showed, if there was one."""

    verb: str
    ids: Ids
    wanted: State
    opened: State | None = None


def is_same(one: object, other: object) -> bool:
    """Whether two values of a field mean the same: null, empty and missing do."""
    return (one if one not in ("", [], {}) else None) == (other if other not in ("", [], {}) else None)


def merged(payload: Payload) -> State:
    """What is there when the change is made: what was, with what is wanted put over it."""
    return {**payload.before, **payload.wanted}


def judged_by_fields(payload: Payload, now: State | None) -> Found:
    """Every field that was to change has its new value, or every one its old one; anything else tells nothing."""
    if now is None:
        return Found.CANNOT_TELL
    after = merged(payload)
    moved = [name for name in after if not is_same(payload.before.get(name), after[name])]
    if all(is_same(now.get(name), after[name]) for name in moved):
        return Found.APPLIED
    if all(is_same(now.get(name), payload.before.get(name)) for name in moved):
        return Found.NOT_APPLIED
    return Found.CANNOT_TELL


def left_by(payload: Payload) -> State:
    """What a change left behind, for its inverse to be compared with: what was moved, as it was sent, and the rest as
    it was read afterwards. That reading may have come days later, when others had moved the same on."""
    after = merged(payload)
    moved = {name: value for name, value in after.items() if not is_same(payload.before.get(name), value)}
    return {**(payload.now or after), **moved}


def no_way_back(payload: Payload) -> Draft | None:
    """The inverse of what cannot be undone."""
    return None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of write.

    Words: `title` of the review ("Edit a billing account"), `button` that sends it, `done` and `undone_word` for the
    outcome. `subject` names the object; it goes to nobody but the person. `label` and `show` say how a field is called
    and its value written; an empty text means that there is none.

    `read` gives the present state, raises AltostratError, and NotFound when there is no such object; `read_result`
    does so after success, with the ids that `result_ids` takes from the answer's document. `body` is the JSON to send,
    None for operations without one. `after` is the state the review shows beside `before`.

    `is_mergeable`: field by field, a person may choose between what is there now and what they want. Otherwise a change
    underneath leads to a new review.

    `judge` gets what `read` says after an unknown outcome, None when the object is not there. `inverse` gives the draft
    that undoes it, None when there is none. `obstacle` is a sentence that keeps it from being sent, asked before the
    review and again right before the call.

    `written_to` is the path of what a write touches, where that is more than what its own path names: of two writes to
    the same, one waits for the other.
    """

    verb: str
    operation: Operation[Any]
    title: str
    button: str
    done: str
    read: Callable[[AltostratClient, Ids], State]
    body: Callable[[Payload], dict[str, Any] | None]
    subject: Callable[[Payload], str] = lambda payload: ""
    label: Callable[[str], str] = str
    show: Callable[[str, Any], str] = lambda name, value: "" if value is None else str(value)
    after: Callable[[Payload], State] = merged
    is_mergeable: bool = True
    # There is no such object before: `read` tells what is around it.
    is_creation: bool = False
    is_dangerous: bool = False
    needs_reason: bool = False
    # Fields that Altostrat tells nothing of: what it says afterwards neither confirms nor denies them.
    unseen: frozenset[str] = frozenset()
    # The body of the invoice preview without which it is not sent, for what moves money.
    preview: Callable[[Payload], dict[str, Any]] | None = None
    # Whence one knows that a write of unknown outcome was applied, where no field says so.
    evidence: str = "Altostrat has what was sent"
    # What is told where it was not applied.
    not_applied: str = "It was not applied, as far as can be seen."
    # Any one of these texts has to be typed, as it stands; none: nothing has to.
    confirmation: Callable[[Payload], tuple[str, ...]] = lambda payload: ()
    consequences: Callable[[Payload], tuple[str, ...]] = lambda payload: ()
    obstacle: Callable[[Payload], str] = lambda payload: ""
    result_ids: Callable[[Ids, dict[str, Any]], Ids] = lambda ids, document: ids
    read_result: Callable[[AltostratClient, Ids], State] | None = None
    judge: Callable[[Payload, State | None], Found] = judged_by_fields
    inverse: Callable[[Payload], Draft | None] = no_way_back
    written_to: Callable[[Ids], str] | None = None
    # Of the fields that are shown: those that it can write. The others are facts, and nobody chooses them.
    writes: Callable[[str], bool] = lambda name: True
    # For what cannot be done twice: a sentence when an earlier success, of the first payload, still holds.
    done_before: Callable[[Payload, Payload], str] | None = None

    def target_path(self, ids: Ids) -> str:
        """What is written to, as a path."""
        return self.written_to(ids) if self.written_to is not None else self.operation.path(ids)

    @property
    def needs_preview(self) -> bool:
        """Whether it moves money, and so is not sent without knowing how much."""
        return self.preview is not None

    @property
    def can_be_undone(self) -> bool:
        """Whether there is a way back at all."""
        return self.inverse is not no_way_back

    def state_of_result(self, client: AltostratClient, ids: Ids) -> State:
        """What Altostrat says of the result."""
        return (self.read_result or self.read)(client, ids)

    def changes_something(self, payload: Payload) -> bool:
        """Whether what is there would differ from what was. What is deleted may have been empty all over."""
        if self.operation.method == "DELETE":
            return True
        after = self.after(payload)
        names = {name for name in (*payload.before, *after) if not name.startswith("_")}
        names = {name for name in names if self.writes(name)}
        return any(not is_same(payload.before.get(name), after.get(name)) for name in names)
