"""Sends the change of a program once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import Error, transaction

from billing.altostrat.client import Answer
from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.api_writes.drafts import draft_of, with_omissions
from billing.services.api_writes.write import Write
from billing.services.changes import (
    Attempt,
    Draft,
    Incomplete,
    NotReady,
    NotRecorded,
    Payload,
    kind_of,
    outcomes,
    settle_stale,
    write_lock,
)
from billing.services.changes.attempt import OnRecord
from billing.services.changes.calling import call
from billing.services.changes.current_state import read_before_write
from billing.services.changes.preparing import new_row
from billing.services.changes.sending import claim_new
from billing.services.changes.write_lock import WriteLock

_State = Change.State
OnClaim = Callable[[Change], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """A change that was sent, and Altostrat's answer or the error of the call."""

    change: Change
    outcome: Answer[Any] | Exception
    is_replay: bool = False

    def answer(self) -> Answer[Any]:
        """Return the answer. Raise ChangeOutcomeUnknown, or the error, such as the Refused that Altostrat answered."""
        if isinstance(self.outcome, Answer):
            return self.outcome
        if self.change.state in (_State.SENDING, _State.UNKNOWN):
            raise ChangeOutcomeUnknown(self.change) from None
        raise self.outcome


class ChangeOutcomeUnknown(Exception):
    """The change was sent, and Altostrat neither confirmed nor refused it."""

    def __init__(self, change: Change) -> None:
        super().__init__(str(change))
        self.change = change


def send(
    actor: Actor, write: Write, *, on_claim: OnClaim | None = None, on_record: OnRecord | None = None
) -> Sent:
    """Record a change, send it once, record its outcome and return it.

    `on_claim` is called in the transaction that records the change, and must raise if the change must not be sent.
    `on_record` is called in the transaction that records its outcome.

    Raise, with nothing sent: NotPermitted, Incomplete, NoToken, InvalidIdentifier, AltostratError of the read,
    PreconditionFailed, NotReady, NotRecorded, `vault.CannotUnseal`. Raise ResultNotRecorded if it was sent.
    """
    actor.require(Permission.BILLING_WRITE)
    draft = draft_of(write)
    if missing := write.signature.missing_for(kind_of(draft.verb)):
        raise Incomplete(missing)
    settle_stale()
    lock = write_lock.acquire(kind_of(draft.verb).target_path(write.ids), is_obsolete=lambda: False)
    if lock is None:
        raise NotReady("Another change of the same object is being sent.")
    with lock:
        if write.if_match is not None:
            write.if_match.require(actor, write.ids)
        change, outcome = _send_locked(actor, draft, write, lock, on_claim, on_record)
    return Sent(change, outcome)


def _send_locked(
    actor: Actor,
    draft: Draft,
    write: Write,
    lock: WriteLock,
    on_claim: OnClaim | None,
    on_record: OnRecord | None,
) -> tuple[Change, Answer[Any] | Exception]:
    kind = kind_of(draft.verb)
    before = read_before_write(actor, kind, draft.ids)
    wanted = with_omissions(draft, before).wanted
    payload = Payload(ids=draft.ids, before=before, wanted=wanted, body=write.body)
    if write.body is None:
        payload = payload.with_values(body=kind.body(payload))
    attempt = Attempt(actor, kind, payload, new_row(actor, kind, payload), on_record)
    try:
        attempt = _claimed(attempt, write, on_claim)
    except Error as error:
        raise NotRecorded from error
    try:
        outcome = call(attempt, lock, None)
    except Exception:
        _abandon_unsent(attempt.change)
        raise
    if not isinstance(outcome, Answer):
        _abandon_unsent(attempt.change)
        with suppress(Error):  # the change is reported as being sent, and its page shows the outcome later
            attempt.change.refresh_from_db()
    return attempt.change, outcome


def _claimed(attempt: Attempt, write: Write, on_claim: OnClaim | None) -> Attempt:
    """Store the change, its claim and the audit entry of the intent in one transaction."""
    with transaction.atomic(durable=True):
        attempt = claim_new(attempt, write.signature)
        if on_claim is not None:
            on_claim(attempt.change)
        outcomes.intended(attempt)
    return attempt


def _abandon_unsent(change: Change) -> None:
    """Abandon a change that was not sent. A program repeats its request, so the change need not wait for a review."""
    with suppress(Error):
        Change.objects.filter(pk=change.pk, state=_State.PREPARED).update(state=_State.ABANDONED)
