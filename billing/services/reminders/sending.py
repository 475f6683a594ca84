"""Sending a reminder once: a row claims the attempt. A worker delivers it, or this process if there is no worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from billing.models import SentReminder
from billing.roles import Permission
from billing.services import audit, mail, task_queue
from billing.services.actor import Actor
from billing.services.follow_ups import store as follow_ups
from billing.services.people import people
from billing.services.reminders import delivery
from billing.services.reminders.delivery import State
from billing.services.reminders.pauses import progress_of, promised_currencies
from billing.services.reminders.prepare import Draft
from billing.services.reminders.texts import Reminder
from billing.services.storage import connections

# A second reminder within this time needs a confirmation.
_RECENT: Final = timedelta(hours=24)
_KEPT: Final = timedelta(days=90)
# A click waits this long for the result of a worker.
_PATIENCE_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.1


class Changed(Exception):
    """The text is no longer the one that was shown. Nothing was sent."""


class NoRecipient(Exception):
    """The account has no valid email address. Nothing was sent."""


class SentRecently(Exception):
    """A reminder was sent in the last day, and the person has not confirmed another. Nothing was sent."""


class PaymentPromised(Exception):
    """Payment is promised for today or later, and the person has not confirmed the reminder. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a form says: its own id, the currency, and the text that it showed."""

    id: UUID
    currency: str
    fingerprint: str
    is_confirmed: bool = False


def fingerprint(text: Reminder, recipient: str) -> str:
    """Return what identifies a text with its recipient, without revealing them."""
    parts = "\0".join((text.currency, recipient, text.subject, text.body))
    return salted_hmac("reminder", parts, algorithm="sha256").hexdigest()


def find(actor: Actor, reminder_id: UUID) -> SentReminder | None:
    """Return an attempt of the actor's own."""
    delivery.settle_stale()
    return SentReminder.objects.filter(pk=reminder_id, user=actor.user).first()


def last_sent(workspace_id: str, billing_account_id: str) -> dict[str, SentReminder]:
    """Return the last attempt of the last day that may have arrived, by currency.

    The caller must have read the account with the actor's own token.
    """
    delivery.settle_stale()
    rows = SentReminder.objects.filter(
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        claimed_at__gt=timezone.now() - _RECENT,
    ).exclude(state=State.REFUSED)
    named = rows.annotate(full_name=people.full_name_of("user")).order_by("claimed_at")
    return {row.currency: row for row in named}


def send(actor: Actor, draft: Draft, attempt: Attempt, *, ids: tuple[str, str]) -> SentReminder:
    """Send the text that the form showed, once. An attempt that exists already is returned as it is.

    The draft must be made from live answers, with the actor's own token. Raise NotPermitted, Changed, NoRecipient,
    PaymentPromised, SentRecently.
    """
    actor.require(Permission.BILLING_WRITE)
    existing = find(actor, attempt.id)
    if existing is not None:
        return existing
    text = next((one for one in draft.reminders.texts if one.currency == attempt.currency), None)
    if text is None or not constant_time_compare(fingerprint(text, draft.recipient), attempt.fingerprint):
        raise Changed
    if not draft.recipient:
        raise NoRecipient
    promise = None if attempt.is_confirmed else follow_ups.of_account(actor, *ids).promise
    progress = progress_of(promise, draft, timezone.localtime())
    if text.currency in promised_currencies(promise, progress):
        raise PaymentPromised
    message = mail.Message(draft.recipient, text.subject, text.body)
    row = _claim(actor, attempt, draft.template.language, ids, message)
    if row is None:
        found = find(actor, attempt.id)
        if found is None:
            raise Changed
        return found
    if task_queue.enqueue(delivery.TASK, str(row.pk), actor.user):
        return _awaited(row)
    return delivery.deliver(actor, row)


def delete_expired(now: datetime | None = None) -> int:
    """Delete old attempts. The audit log keeps them."""
    return SentReminder.objects.filter(claimed_at__lt=(now or timezone.now()) - _KEPT).delete()[0]


def _claim(
    actor: Actor, attempt: Attempt, language: str, ids: tuple[str, str], message: mail.Message
) -> SentReminder | None:
    """Write the row, with the message, and the audit entry of its start; None if another request did."""
    row = SentReminder(
        id=attempt.id,
        user=actor.user,
        user_name=actor.user.get_username(),
        workspace_id=ids[0],
        billing_account_id=ids[1],
        currency=attempt.currency,
        language=language,
        envelope=delivery.seal(attempt.id, message),
    )
    recent = last_sent(*ids).get(attempt.currency)
    if not attempt.is_confirmed and recent is not None and recent.pk != attempt.id:
        raise SentRecently
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            delivery.record(actor, row, audit.Outcome.STARTED)
    except IntegrityError:
        return None
    return row


def _awaited(row: SentReminder) -> SentReminder:
    """Return the row when a worker has sent the message, or after a moment."""
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while row.state == State.SENDING and time.monotonic() < ends_at:
        connections.release_connection()
        time.sleep(_PAUSE_SECONDS)
        row.refresh_from_db()
    return row
