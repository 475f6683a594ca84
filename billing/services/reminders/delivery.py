"""Delivery of a claimed reminder: at most once, by whichever process takes the message out of its row first."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from billing.models import SentReminder
from billing.roles import Permission
from billing.services import audit, mail
from billing.services.actor import Actor, Door
from billing.services.mail import NotSent, OutcomeUnknown
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

State = SentReminder.State
SEND: Final = "reminder.send"
TASK: Final = "reminder"
# A worker begins a delivery within seconds, and a delivery ends within a minute.
_STALE: Final = timedelta(minutes=5)
_INTERRUPTED: Final = "The portal was interrupted while it was sending."
_NOT_BEGUN: Final = "The portal was interrupted before it began to send."
_RESTORED: Final = "The database was restored from a backup."
_NOT_PERMITTED: Final = "Your role no longer allows you to send reminders."
_UNREADABLE: Final = "The stored message cannot be opened."
_UNCONFIRMED: Final = "outcome unknown"
_MASKED: Final = "to an address that the person sees masked"


def seal(reminder_id: UUID, message: mail.Message) -> str:
    """Return the message as it waits in the row."""
    return key_ring.key_ring().seal(json.dumps(asdict(message)), _context(reminder_id))


def deliver(actor: Actor, row: SentReminder) -> SentReminder:
    """Send the message of a row, unless another process has begun to. Return the row with its present state."""
    if not _waiting().filter(pk=row.pk).update(envelope="", claimed_at=timezone.now()):
        row.refresh_from_db()
        return row
    if Permission.BILLING_WRITE not in actor.permissions:
        return _settle(actor, row, State.REFUSED, _NOT_PERMITTED)
    try:
        message = mail.Message(**json.loads(key_ring.key_ring().unseal(row.envelope, _context(row.pk))))
        mail.send(message)
    except CannotUnseal:
        return _settle(actor, row, State.REFUSED, _UNREADABLE)
    except NotSent as error:
        return _settle(actor, row, State.REFUSED, str(error))
    except OutcomeUnknown as error:
        return _settle(actor, row, State.UNKNOWN, str(error))
    return _settle(actor, row, State.SENT)


def settle_stale() -> int:
    """Record the attempts whose process was killed: unsent if none had begun, else unknown. Return their number."""
    stale = SentReminder.objects.filter(state=State.SENDING, claimed_at__lt=timezone.now() - _STALE)
    count = 0
    for row in stale.select_related("user"):
        actor = _author(row)
        if _waiting().filter(pk=row.pk, claimed_at=row.claimed_at).update(envelope=""):
            count += _settle(actor, row, State.REFUSED, _NOT_BEGUN).state == State.REFUSED
        elif not row.envelope:
            count += _settle(actor, row, State.UNKNOWN, _INTERRUPTED).state == State.UNKNOWN
    return count


def mark_restored() -> int:
    """Mark attempts that are open as unknown, because they may have been sent after the backup was made.

    Call this after a restore, before the portal starts. Return how many there were.
    """
    count = 0
    for row in SentReminder.objects.filter(state=State.SENDING).select_related("user"):
        _waiting().filter(pk=row.pk).update(envelope="")
        count += _settle(_author(row), row, State.UNKNOWN, _RESTORED).state == State.UNKNOWN
    return count


def reseal(row: SentReminder) -> bool:
    """Reseal one row with the first key. Return False if it has changed meanwhile. Raise `vault.CannotUnseal`."""
    fresh = key_ring.resealed(row.envelope, _context(row.pk))
    return bool(SentReminder.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=fresh))


def record(
    actor: Actor, row: SentReminder, outcome: audit.Outcome, state: SentReminder.State | None = None
) -> None:
    more = [_MASKED] if actor.is_masked else []
    more += [_UNCONFIRMED] if state == State.UNKNOWN else []
    audit.record(
        actor,
        SEND,
        outcome,
        subject=str(row.pk),
        workspace_id=row.workspace_id,
        billing_account_id=row.billing_account_id,
        detail=", ".join([row.currency.upper(), row.language, *more]),
    )


def _author(row: SentReminder) -> Actor | None:
    return None if row.user is None else Actor(row.user, Door.PAGE, frozenset())


def _waiting() -> QuerySet[SentReminder]:
    """Return the attempts that no process has begun to send."""
    return SentReminder.objects.filter(state=State.SENDING).exclude(envelope="")


def _settle(
    actor: Actor | None, row: SentReminder, state: SentReminder.State, failure: str = ""
) -> SentReminder:
    """Move the row from sending to its result, once, and record it."""
    outcomes = {State.SENT: audit.Outcome.SUCCEEDED, State.REFUSED: audit.Outcome.REFUSED}
    with transaction.atomic():
        moved = SentReminder.objects.filter(pk=row.pk, state=State.SENDING).update(
            state=state, failure=failure
        )
        if moved and actor is not None:
            record(actor, row, outcomes.get(state, audit.Outcome.FAILED), state)
    row.refresh_from_db()
    return row


def _context(reminder_id: UUID) -> tuple[str, ...]:
    return ("reminder", str(reminder_id))
