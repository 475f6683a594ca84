"""The base class of every kind of write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Final

from billing import labels
from billing.altostrat.client import AltostratClient
from billing.altostrat.operations.operation import Operation
from billing.models import Change
from billing.services.changes.payload import Ids, Payload, State, is_same

Found = Change.Found

__all__ = ("UNDOCUMENTED", "Draft", "Found", "Ids", "Kind", "Payload", "State", "is_same")

# Fields that a program has sent without documentation. No read shows whether they were applied.
UNDOCUMENTED: Final = "_undocumented."


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that a person wants. `opened` is the state that their form showed, if there was a form."""

    verb: str
    ids: Ids
    wanted: State
    opened: State | None = None

    def without_untouched(self) -> Draft:
        """Return the draft without the fields that the person did not change, because a form sends every field."""
        opened = self.opened
        if opened is None:
            return self
        wanted = {name: value for name, value in self.wanted.items() if not is_same(value, opened.get(name))}
        return replace(self, wanted=wanted)


class Kind(ABC):
    """One kind of write, such as editing a billing account.

    A subclass sets the attributes below and overrides the methods that differ. The registry holds one instance of each,
    so a method must not store anything about the change it is given.
    """

    verb: str  # as the audit log names it: "billing_account.update"
    operation: Operation[Any]

    title: str  # of the review
    button: str  # sends the change
    success_message: str
    # How the portal knows that a change of unknown outcome was applied, and what it shows when it was not.
    evidence = "Altostrat has the values that were sent"
    not_applied = "The change was probably not applied."

    # When the object has changed since the form was opened, the person may choose field by field between its present
    # values and their own. Otherwise they review again.
    is_mergeable = True
    # The object does not exist yet, and `read` returns what limits or identifies a new one.
    is_creation = False
    is_dangerous = False
    # A reason and a ticket are required.
    needs_reason = False
    # Fields that Altostrat never returns: a state without them does not contradict what was sent.
    unseen: frozenset[str] = frozenset()

    @abstractmethod
    def read(self, client: AltostratClient, ids: Ids) -> State:
        """Return the present state. Raise AltostratError; NotFound when there is no such object."""

    def body(self, payload: Payload) -> dict[str, Any] | None:
        """Return the JSON to send; None for an operation without a body."""
        return None

    def after(self, payload: Payload) -> State:
        """Return the state that the review shows beside `before`."""
        return payload.merged

    def subject(self, payload: Payload) -> str:
        """Return what the person calls the object. It is shown to them and stored nowhere."""
        return str(payload.before.get("name") or payload.wanted.get("name") or "")

    def label(self, name: str) -> str:
        return labels.label(name)

    def show(self, name: str, value: Any) -> str:
        """Return the value of a field as people write it; empty when there is none."""
        return "" if value is None else str(value)

    def writes(self, name: str) -> bool:
        """Return whether the change can write a field. Other fields are shown as facts, without a choice."""
        return True

    def confirmation(self, payload: Payload) -> tuple[str, ...]:
        """Return the texts that confirm the change. The person has to type one of them, if there are any."""
        return ()

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ()

    def blocked_reason(self, payload: Payload) -> str:
        """Return why the change is not possible, in a sentence. Checked before the review and right before the call."""
        return ""

    def blocked_reason_after(self, earlier: Payload, payload: Payload) -> str:
        """Return why the change is not possible after an earlier success, for what cannot be done twice."""
        return ""

    def preview_body(self, payload: Payload) -> dict[str, Any] | None:
        """Return the body of the invoice preview that the change needs, if it moves money."""
        return None

    def result_ids(self, ids: Ids, document: dict[str, Any]) -> Ids:
        """Return the ids of what was created or changed, from the JSON of the answer."""
        return ids

    def read_result(self, client: AltostratClient, ids: Ids) -> State:
        """Return the state after a success; `ids` are those of the result."""
        return self.read(client, ids)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        """Return whether a change of unknown outcome was applied. `now` is None when the object does not exist.

        It was applied if every changed field has its new value, and was not if every one has its old value.
        """
        if now is None:
            return Found.CANNOT_TELL
        merged = payload.merged
        changed = [name for name in payload.changed if not name.startswith(UNDOCUMENTED)]
        if payload.changed and not changed:
            return Found.CANNOT_TELL
        if all(is_same(now.get(name), merged[name]) for name in changed):
            return Found.APPLIED
        if all(is_same(now.get(name), payload.before.get(name)) for name in changed):
            return Found.NOT_APPLIED
        return Found.CANNOT_TELL

    def inverse(self, payload: Payload) -> Draft | None:
        """Return the draft that undoes the change; None when it cannot be undone."""
        return None

    def target_path(self, ids: Ids) -> str:
        """Return the path of the object that the change writes to. Changes with the same path are sent one by one."""
        return self.operation.path(ids)

    @property
    def needs_preview(self) -> bool:
        """Whether the change moves money, and so needs a preview of the price."""
        return type(self).preview_body is not Kind.preview_body

    @property
    def can_be_undone(self) -> bool:
        """Whether changes of this kind can be undone at all."""
        return type(self).inverse is not Kind.inverse

    @property
    def remembers_successes(self) -> bool:
        """Whether an earlier success can block the change."""
        return type(self).blocked_reason_after is not Kind.blocked_reason_after

    def changes_something(self, payload: Payload) -> bool:
        """Return whether the change makes a difference. A deletion does, even if the object has no values."""
        if self.operation.method == "DELETE":
            return True
        after = self.after(payload)
        names = {name for name in (*payload.before, *after) if not name.startswith("_") and self.writes(name)}
        return any(not is_same(payload.before.get(name), after.get(name)) for name in names)


def former_values(verb: str, payload: Payload) -> Draft:
    """Return the draft that restores the values that a change replaced."""
    former = {name: payload.before.get(name) for name in payload.changed}
    return Draft(verb, payload.ids, former, opened=payload.expected_by_undo)
