"""Sending a reminder once: a row claims the attempt before the mail server gets anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from billing.models import SentReminder
from billing.roles import Permission
from billing.services import audit, mail
from billing.services.actor import Actor, Door
from billing.services.mail import NotSent, OutcomeUnknown
from billing.services.people import people
from billing.services.reminders.prepare import Draft
from billing.services.reminders.texts import Reminder

State = SentReminder.State
SEND: Final = "reminder.send"
# A second reminder within this time needs a confirmation.
_RECENT: Final = timedelta(hours=24)
_KEPT: Final = timedelta(days=90)
# An attempt ends long before.
_STALE: Final = timedelta(minutes=5)
_INTERRUPTED: Final = "The portal was interrupted while it was sending."
_UNCONFIRMED: Final = "outcome unknown"
_MASKED: Final = "to an address that the person sees masked"


class Changed(Exception):
    """The text is no longer the one that was shown. Nothing was sent."""


class NoRecipient(Exception):
    """The account has no valid email address. Nothing was sent."""


class SentRecently(Exception):
    """A reminder was sent in the last day, and the person has not confirmed another. Nothing was sent."""


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
    settle_stale()
    return SentReminder.objects.filter(pk=reminder_id, user=actor.user).first()


def last_sent(workspace_id: str, billing_account_id: str) -> dict[str, SentReminder]:
    """Return the last attempt of the last day that may have arrived, by currency.

    The caller must have read the account with the actor's own token.
    """
    settle_stale()
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
    SentRecently.
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
    row = _claim(actor, attempt, draft.template.language, ids)
    if row is None:
        found = find(actor, attempt.id)
        if found is None:
            raise Changed
        return found
    try:
        mail.send(mail.Message(draft.recipient, text.subject, text.body))
    except NotSent as error:
        return _settle(actor, row, State.REFUSED, str(error))
    except OutcomeUnknown as error:
        return _settle(actor, row, State.UNKNOWN, str(error))
    return _settle(actor, row, State.SENT)


def settle_stale() -> int:
    """Mark attempts whose process was killed as unknown, and record that. Return their number."""
    stale = SentReminder.objects.filter(state=State.SENDING, claimed_at__lt=timezone.now() - _STALE)
    count = 0
    for row in stale.select_related("user"):
        actor = None if row.user is None else Actor(row.user, Door.PAGE, frozenset())
        count += _settle(actor, row, State.UNKNOWN, _INTERRUPTED).state == State.UNKNOWN
    return count


def delete_expired(now: datetime | None = None) -> int:
    """Delete old attempts. The audit log keeps them."""
    return SentReminder.objects.filter(claimed_at__lt=(now or timezone.now()) - _KEPT).delete()[0]


def _claim(actor: Actor, attempt: Attempt, language: str, ids: tuple[str, str]) -> SentReminder | None:
    """Write the row and the audit entry of its start; None if another request did."""
    row = SentReminder(
        id=attempt.id,
        user=actor.user,
        user_name=actor.user.get_username(),
        workspace_id=ids[0],
        billing_account_id=ids[1],
        currency=attempt.currency,
        language=language,
    )
    recent = last_sent(*ids).get(attempt.currency)
    if not attempt.is_confirmed and recent is not None and recent.pk != attempt.id:
        raise SentRecently
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _record(actor, row, audit.Outcome.STARTED)
    except IntegrityError:
        return None
    return row


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
            _record(actor, row, outcomes.get(state, audit.Outcome.FAILED), state)
    row.refresh_from_db()
    return row


def _record(
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
