"""One change with everything that is needed to send it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.models import Change
from billing.services.actor import Actor
from billing.services.changes.errors import ChangeNotFound
from billing.services.changes.kind import Kind
from billing.services.changes.kinds.registry import kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.write_lock import WriteLock

# Altostrat's answer, or the error of the call if it is one of Altostrat's.
Outcome = Answer[Any] | AltostratError | None
OnRecord = Callable[[Change.State, Outcome], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An unsealed change: who sends it, its kind, its payload and its row, which is unsaved until it is prepared."""

    actor: Actor
    kind: Kind
    payload: Payload
    change: Change
    # Called in the transaction that records an outcome, so that a program's key gets its answer at the same time.
    on_record: OnRecord | None = None
    # Released in the same transaction.
    lock: WriteLock | None = None

    @classmethod
    def of(cls, actor: Actor, change: Change) -> Attempt:
        """Open one of the actor's own changes. Raise ChangeNotFound, PayloadDeleted, `vault.CannotUnseal`."""
        if change.user_id != actor.user.pk:
            raise ChangeNotFound
        return cls(actor, kind_of(change.verb), Payload.of(change), change)

    @property
    def target_path(self) -> str:
        """The path of what the change writes to."""
        return self.kind.target_path(self.payload.ids)

    def with_payload(self, **values: Any) -> Attempt:
        """Return the same attempt with other values in its payload. Nothing is stored."""
        return replace(self, payload=self.payload.with_values(**values))

    def with_row(self, change: Change) -> Attempt:
        """Return the same attempt with its row as it is now."""
        return replace(self, change=change)


def payload_of(actor: Actor, change: Change) -> Payload:
    """Open the payload of one of the actor's own changes. Raise as `Attempt.of`."""
    return Attempt.of(actor, change).payload
