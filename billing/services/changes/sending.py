"""The one way to a write: `calling` makes the call, and only this lets it.

A row goes from prepared to sending by one UPDATE, committed before the call: of two requests one gets it, and a process
that dies leaves a row that says so. Nothing here repeats a call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.models import Change, User
from billing.roles import Permission
from billing.services.actor import Actor, NotPermitted, granted_to
from billing.services.changes import outcomes, preconditions, write_lock
from billing.services.changes.calling import call
from billing.services.changes.comparison import differing, find_conflicts
from billing.services.changes.current_state import read_current_state
from billing.services.changes.errors import (
    Incomplete,
    NothingToChange,
    NotReady,
    OutcomeUnknown,
    RecentlySent,
)
from billing.services.changes.kind import Kind
from billing.services.changes.kinds.registry import kind_of
from billing.services.changes.outcome_checks import check_status_once, settle_stale
from billing.services.changes.payload import Payload
from billing.services.changes.preparing import keep_typed, store, with_preview
from billing.services.changes.queries import get_own, payload_of
from billing.services.changes.write_lock import Turn
from billing.services.storage import idempotency

State = Change.State


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person gives with the button. `send_anyway` is "I know; send it once more"."""

    reason: str = ""
    ticket: str = ""
    confirmation: str = ""
    send_anyway: bool = False


def send(
    actor: Actor,
    change_id: UUID,
    signature: Signature,
    *,
    attempt: int = 0,
    on_answer: Callable[[Answer[Any]], None] | None = None,
) -> Change:
    """Sends a prepared change, and gives it back with its outcome; or another one, when what it was made upon has
    changed: that one is to be reviewed first. One that was sent already is given back as it is.

    `attempt` is the number that the review showed: a click on an older page sends nothing. `on_answer` is handed what
    Altostrat answered, for what is kept nowhere: only who has just sent it gets it. Raises, with nothing sent:
    NotPermitted, ChangeNotFound, Incomplete, NotReady, RecentlySent, OutcomeUnknown, NothingToChange, NoToken,
    AltostratError, `vault.CannotUnseal`.
    """
    actor.require(Permission.BILLING_WRITE)
    settle_stale()
    change = get_own(actor, change_id)
    if not _waits(change, attempt):
        return change
    payload, kind = payload_of(actor, change), kind_of(change.verb)
    if kind.is_mergeable and find_conflicts(kind, payload):
        return change  # to be compared first: no page of ours has a button for it
    _require_complete(kind, payload, signature)
    keep_typed(change, signature.reason, signature.ticket)
    turn = write_lock.take(
        kind.target_path(payload.ids), is_pointless=lambda: not _waits(get_own(actor, change_id), attempt)
    )
    if turn is None:
        return get_own(actor, change_id)
    with turn:
        change = get_own(actor, change_id)
        if not _waits(change, attempt):
            return change
        change, is_sent = _send_in_turn(actor, kind, change, payload, signature, turn, on_answer)
    return check_status_once(actor, change) if is_sent else change


def _send_in_turn(
    actor: Actor,
    kind: Kind,
    change: Change,
    payload: Payload,
    signature: Signature,
    turn: Turn,
    on_answer: Callable[[Answer[Any]], None] | None,
) -> tuple[Change, bool]:
    """The change, and whether it was sent by this. Nobody else writes to the object through this portal meanwhile."""
    found = read_current_state(actor, kind, payload.ids, is_for_write=True)
    if _tells_otherwise(kind, payload, payload.with_(before=found)):
        return _review_again(actor, kind, change, payload, found), False
    # The kind's own facts, too, as they are now: they tell later what came of a call without an answer.
    payload = payload.with_(before=found)
    obstacle = preconditions.obstacle(kind, payload)
    if obstacle:
        raise NotReady(obstacle)
    if not _claim(actor, kind, change, payload, signature):
        return get_own(actor, change.pk), False
    change.refresh_from_db()
    call(actor, kind, change, payload, turn, on_answer)
    change.refresh_from_db()
    return change, True


def _waits(change: Change, attempt: int) -> bool:
    """Whether it is to be sent, and the click is on the review as it is now."""
    return change.state == State.PREPARED and change.attempts == attempt


def _claim(actor: Actor, kind: Kind, change: Change, payload: Payload, signature: Signature) -> bool:
    """Whether this request, and no other, is to send the change. Committed when it returns."""
    envelope = payload.sealed_for(change)
    if Permission.BILLING_WRITE not in granted_to(User.objects.get(pk=actor.user.pk)):
        raise NotPermitted(Permission.BILLING_WRITE)  # taken away while the object was read
    # Durable: inside a transaction of somebody else's it would be undone by what goes wrong after the call.
    with transaction.atomic(durable=True):
        claimed = Change.objects.filter(
            pk=change.pk, user=actor.user, state=State.PREPARED, attempts=change.attempts
        ).update(
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
        is_first = bool(claimed) and idempotency.claim(
            "change", change.fingerprint, expires_at=time.time() + outcomes.SAME_AGAIN.total_seconds()
        )
        is_first = is_first and not outcomes.is_open_elsewhere(change)
        if claimed and not is_first and not signature.send_anyway:
            raise RecentlySent
        open_one = outcomes.find_unknown(change, kind) if claimed and not signature.send_anyway else None
        if open_one is not None:
            raise OutcomeUnknown(open_one)
    return bool(claimed)


def _tells_otherwise(kind: Kind, reviewed: Payload, found: Payload) -> bool:
    """Whether a review made now would say something else: of what is there, of what will be, or of what follows."""
    return bool(
        differing(reviewed.before, found.before)
        or differing(kind.after(reviewed), kind.after(found))
        or kind.consequences(reviewed) != kind.consequences(found)
    )


def _review_again(
    actor: Actor, kind: Kind, change: Change, payload: Payload, found: dict[str, Any]
) -> Change:
    """Another change upon what is there now; this one is put aside, unless another request has just sent it."""
    # What it costs was asked before the change underneath.
    fresh = payload.with_(opened=payload.before, before=found, preview=None)
    if not kind.changes_something(fresh):
        raise NothingToChange
    fresh = _with_fresh_preview(actor, kind, fresh.with_(body=kind.body(fresh)))
    with transaction.atomic():
        put_aside = Change.objects.filter(pk=change.pk, state=State.PREPARED).update(state=State.ABANDONED)
        if put_aside:
            return store(actor, kind, fresh, replaces=change)
    return get_own(actor, change.pk)


def _with_fresh_preview(actor: Actor, kind: Kind, payload: Payload) -> Payload:
    try:
        return with_preview(actor, kind, payload)
    except AltostratError:
        return payload  # the review says that there is none, and has a button for it


def _require_complete(kind: Kind, payload: Payload, signature: Signature) -> None:
    missing = {}
    if kind.needs_reason and not signature.reason.strip():
        missing["reason"] = "Say why: it is kept in the audit."
    if kind.needs_reason and not signature.ticket.strip():
        missing["ticket"] = "Give the ticket that asks for it."
    texts = kind.confirmation(payload)
    if texts and signature.confirmation.strip() not in texts:
        missing["confirmation"] = f"Type {' or '.join(f'“{text}”' for text in texts)}, as it stands there."
    if missing:
        raise Incomplete(missing)
