"""Queries of the rows of changes: a person's own, and those that can be deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.models import Change
from billing.services.actor import Actor
from billing.services.changes.errors import ChangeNotFound

# The time in addition to a call's deadline, to open the token and to record the outcome.
MARGIN: Final = timedelta(seconds=30)
# A slow request may still arrive, so a read within this time after a change does not prove that it was not applied.
MAY_STILL_ARRIVE: Final = timedelta(minutes=1)

_KEEP_UNSENT_FOR: Final = timedelta(days=7)
# How long the home page shows unknown outcomes. "My changes" always shows them.
SHOW_UNKNOWN_FOR: Final = timedelta(days=14)

State = Change.State


def list_own(actor: Actor) -> QuerySet[Change]:
    """Return the actor's changes, newest first, without their payloads."""
    return Change.objects.filter(user=actor.user).defer("envelope")


def list_unknown(actor: Actor) -> QuerySet[Change]:
    """Return the actor's recent changes whose outcome is unknown, newest first."""
    # After a restore, it is unknown whether and when a change was sent.
    since = timezone.now() - SHOW_UNKNOWN_FOR
    is_recent = Q(sent_at__gt=since) | Q(sent_at=None, settled_at__gt=since)
    recent = list_own(actor).filter(is_recent, state=State.UNKNOWN)
    return recent.exclude(found__in=(Change.Found.APPLIED, Change.Found.NOT_APPLIED))


def filter_own(actor: Actor, change_ids: Iterable[str]) -> frozenset[str]:
    """Return those of these strings that are ids of the actor's changes."""
    ids = [text for text in change_ids if is_id(text)]
    if not ids:
        return frozenset()
    rows = Change.objects.filter(user=actor.user, pk__in=ids)
    return frozenset(str(pk) for pk in rows.values_list("pk", flat=True))


def is_id(text: str) -> bool:
    """Return whether a string could be the id of a change."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def get_own(actor: Actor, change_id: UUID) -> Change:
    """Return one of the actor's changes. Raise ChangeNotFound."""
    row = Change.objects.filter(user=actor.user, pk=change_id).first()
    if row is None:
        raise ChangeNotFound
    return row


def delete_expired() -> int:
    """Delete changes that were prepared more than a week ago and never sent; return how many."""
    unsent = Change.objects.filter(state__in=(State.PREPARED, State.ABANDONED))
    old = unsent.filter(created_at__lt=timezone.now() - _KEEP_UNSENT_FOR)
    with transaction.atomic():
        # The rows are locked, so that no request sends one in the meantime: the record of that call would be deleted.
        chosen = list(old.select_for_update().values_list("pk", flat=True))
        return Change.objects.filter(pk__in=chosen).delete()[0]


def settled_before(moment: datetime) -> QuerySet[Change]:
    """Return everyone's changes that were sent and settled before `moment` and still have their payload."""
    sent = Change.objects.filter(state__in=(State.SUCCEEDED, State.REFUSED, State.UNKNOWN))
    return sent.filter(settled_at__lt=moment).exclude(envelope="")


def delete_payloads(before: datetime) -> int:
    """Delete the payloads of changes settled before a moment, and their reasons, which may name people.

    The rows stay as a record of what was sent and when. Return how many payloads were deleted.
    """
    return settled_before(before).update(envelope="", reason="")


def stale_before() -> datetime:
    """Return the latest `sent_at` of a change that is still "sending" because its process was killed."""
    return timezone.now() - timedelta(seconds=settings.ALTOSTRAT_DEADLINE) - MARGIN


def is_certainly_not_applied(change: Change) -> bool:
    """Return whether a read has found that a change was not applied when it could no longer arrive."""
    if change.found != Change.Found.NOT_APPLIED or change.looked_at is None:
        return False
    return change.sent_at is None or change.looked_at >= change.sent_at + MAY_STILL_ARRIVE


def is_to_be_read_again(change: Change) -> bool:
    """Return whether a change was read too early to know that it was not applied, and can be read now."""
    is_open = change.state == State.UNKNOWN and change.found == Change.Found.NOT_APPLIED
    has_arrived = change.sent_at is None or change.sent_at < timezone.now() - MAY_STILL_ARRIVE
    return is_open and has_arrived and not is_certainly_not_applied(change)


def effective_state(change: Change) -> Change.State:
    """Return the state to show. It is unknown if the process was killed while sending."""
    state = State(change.state)
    is_stale = change.sent_at is not None and change.sent_at < stale_before()
    return State.UNKNOWN if state == State.SENDING and is_stale else state
