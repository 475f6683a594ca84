"""The only way to send a change: `calling` makes the call, and only this module uses it.

One UPDATE moves a row from "prepared" to "sending" and is committed before the call. So only one of two requests sends
the change, and a process that dies leaves a row that shows this. Nothing here repeats a call.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import Error, transaction
from django.db.models import F
from django.utils import timezone

from billing.altostrat.errors import AltostratError
from billing.folding import plain
from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor, with_rights_now
from billing.services.changes import outcomes, preconditions, previews, write_lock
from billing.services.changes.attempt import Attempt
from billing.services.changes.calling import OnAnswer, call
from billing.services.changes.comparison import differing, needs_comparison
from billing.services.changes.current_state import read_current_state
from billing.services.changes.errors import (
    Incomplete,
    NothingToChange,
    NotReady,
    NotRecorded,
    OutcomeUnknown,
    RecentlySent,
)
from billing.services.changes.kind import Kind
from billing.services.changes.outcome_checks import check_status_once, settle_stale
from billing.services.changes.preparing import save_reason, store
from billing.services.changes.queries import get_own
from billing.services.changes.write_lock import WriteLock
from billing.services.storage import idempotency, statements

State = Change.State


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person enters to send a change. `send_anyway` confirms a warning."""

    reason: str = ""
    ticket: str = ""
    confirmation: str = ""
    send_anyway: bool = False

    def missing_for(self, kind: Kind) -> dict[str, str]:
        """Return what is missing of reason and ticket, with a sentence for each."""
        missing = {}
        if kind.needs_reason and not self.reason.strip():
            missing["reason"] = "Enter a reason; it is stored in the audit log."
        if kind.needs_reason and not self.ticket.strip():
            missing["ticket"] = "Enter the ticket that asks for this change."
        return missing

    def require_complete(self, attempt: Attempt) -> None:
        """Raise Incomplete unless everything that the kind requires was entered."""
        missing = self.missing_for(attempt.kind)
        texts = attempt.kind.confirmation(attempt.payload)
        if texts and plain(self.confirmation) not in map(plain, texts):
            missing["confirmation"] = f"Type {' or '.join(f'“{text}”' for text in texts)}, exactly as shown."
        if missing:
            raise Incomplete(missing)


def send(
    actor: Actor,
    change_id: UUID,
    signature: Signature,
    *,
    attempts: int = 0,
    on_answer: OnAnswer | None = None,
) -> Change:
    """Send a prepared change, once, and return it with its outcome.

    If the object has changed since the review, return another, prepared change, which has to be reviewed first. If the
    change was sent already, return it unchanged.

    `attempts` is the number that the review showed, so that a click on an older page sends nothing. `on_answer` gets
    Altostrat's answer if it contains something that is not stored. Only the request that sends the change calls it.

    Raise, with nothing sent: NotPermitted, ChangeNotFound, Incomplete, NotReady, RecentlySent, OutcomeUnknown,
    NothingToChange, NoToken, AltostratError, `vault.CannotUnseal`, NotRecorded. Raise ResultNotRecorded if it was sent.
    """
    actor.require(Permission.BILLING_WRITE)
    settle_stale()
    try:
        change, is_sent = _send(actor, change_id, signature, attempts, on_answer)
    except Error as error:
        raise NotRecorded from error
    return check_status_once(actor, change) if is_sent else change


def _send(
    actor: Actor, change_id: UUID, signature: Signature, attempts: int, on_answer: OnAnswer | None
) -> tuple[Change, bool]:
    """Return the change, and whether this request sent it. An error of the database means that nothing was sent."""
    change = get_own(actor, change_id)
    if not _is_waiting(change, attempts):
        return change, False
    attempt = Attempt.of(actor, change)
    if needs_comparison(attempt):
        return change, False  # no page offers this
    signature.require_complete(attempt)
    save_reason(change, signature.reason, signature.ticket)
    lock = write_lock.acquire(
        attempt.target_path, is_obsolete=lambda: not _is_waiting(get_own(actor, change_id), attempts)
    )
    if lock is None:
        return get_own(actor, change_id), False
    with lock:
        change = get_own(actor, change_id)
        if not _is_waiting(change, attempts):
            return change, False
        return _send_locked(attempt.with_row(change), signature, lock, on_answer)


def _send_locked(
    reviewed: Attempt, signature: Signature, lock: WriteLock, on_answer: OnAnswer | None
) -> tuple[Change, bool]:
    """Return the change, and whether this request sent it. The lock excludes other changes of the object."""
    actor, change = reviewed.actor, reviewed.change
    found = read_current_state(actor, reviewed.kind, reviewed.payload.ids, is_for_write=True)
    # Facts for the kind are updated as well, because the check of an unknown outcome uses them.
    attempt = reviewed.with_payload(before=found)
    if _would_review_differ(reviewed, attempt):
        # The preview was made before the object changed.
        return _review_again(attempt.with_payload(opened=reviewed.payload.before, preview=None)), False
    blocked_reason = preconditions.blocked_reason(attempt)
    if blocked_reason:
        raise NotReady(blocked_reason)
    if not _claim(attempt, signature):
        return get_own(actor, change.pk), False
    change.refresh_from_db()
    call(attempt, lock, on_answer)
    with suppress(Error):  # the page reads it again
        change.refresh_from_db()
    return change, True


def _is_waiting(change: Change, attempts: int) -> bool:
    """Return whether the change is still waiting, and the click was on its latest review."""
    return change.state == State.PREPARED and change.attempts == attempts


def _claim(attempt: Attempt, signature: Signature) -> bool:
    """Reserve the change for this request. Return False if another one has it. The claim is committed on return."""
    # Durable, because an outer transaction would revert the claim if something failed after the call.
    with transaction.atomic(durable=True):
        return claim(attempt, signature)


def claim(attempt: Attempt, signature: Signature) -> bool:
    """Reserve a change within a transaction that the caller commits before the call."""
    actor, change = attempt.actor, attempt.change
    envelope = attempt.payload.sealed_for(change)
    with_rights_now(actor).require(Permission.BILLING_WRITE)  # it may be revoked while the object was read
    prepared = Change.objects.filter(
        pk=change.pk, user=actor.user, state=State.PREPARED, attempts=change.attempts
    )
    is_claimed = prepared.update(
        state=State.SENDING,
        attempts=F("attempts") + 1,
        sent_at=timezone.now(),
        settled_at=None,
        failure="",
        envelope=envelope,
        reason=signature.reason.strip(),
        ticket=signature.ticket.strip(),
        request_id=actor.request_id,
    )
    if is_claimed:
        _require_confirmation(attempt, signature)
        change.reason, change.ticket = signature.reason.strip(), signature.ticket.strip()
        outcomes.intended(attempt)
    return bool(is_claimed)


def claim_new(attempt: Attempt, signature: Signature) -> Attempt:
    """Insert a program's unsaved change with the state *sending*.

    The caller calls `outcomes.intended` with the result in the same transaction, and commits it before the call.
    """
    now = with_rights_now(attempt.actor)
    now.require(Permission.BILLING_WRITE)
    row = attempt.change
    row.state, row.attempts, row.sent_at, row.request_id = State.SENDING, 1, timezone.now(), now.request_id
    row.reason, row.ticket = signature.reason.strip(), signature.ticket.strip()
    statements.insert_row(row)
    claimed = replace(attempt, actor=replace(attempt.actor, roles=now.roles))
    _require_confirmation(claimed, signature)
    return claimed


def _require_confirmation(attempt: Attempt, signature: Signature) -> None:
    """Raise RecentlySent or OutcomeUnknown unless the person confirmed the warning. The error reverts the claim."""
    change, expires_at = attempt.change, time.time() + outcomes.REPEAT_WINDOW.total_seconds()
    is_first = idempotency.claim("change", change.fingerprint, expires_at=expires_at)
    if signature.send_anyway:
        return
    if not is_first or preconditions.is_open_elsewhere(change):
        raise RecentlySent
    unknown = preconditions.find_unknown(attempt)
    if unknown is not None:
        raise OutcomeUnknown(unknown)


def _would_review_differ(reviewed: Attempt, current: Attempt) -> bool:
    """Return whether a review would now show other values before or after the change, or other consequences."""
    kind = reviewed.kind
    return bool(
        differing(reviewed.payload.before, current.payload.before)
        or differing(kind.after(reviewed.payload), kind.after(current.payload))
        or kind.consequences(reviewed.payload) != kind.consequences(current.payload)
    )


def _review_again(attempt: Attempt) -> Change:
    """Replace a change by one that is based on the present state, unless another request has just sent it."""
    if not attempt.kind.changes_something(attempt.payload):
        raise NothingToChange
    attempt = _with_preview_if_possible(attempt)
    with transaction.atomic():
        prepared = Change.objects.filter(pk=attempt.change.pk, state=State.PREPARED)
        if prepared.update(state=State.ABANDONED):
            return store(attempt, replaces=attempt.change)
    return get_own(attempt.actor, attempt.change.pk)


def _with_preview_if_possible(attempt: Attempt) -> Attempt:
    try:
        return previews.with_preview(attempt)
    except AltostratError:
        return attempt  # the review says that there is no preview, and has a button to create one
