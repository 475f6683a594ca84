"""The rows: one's own, and the state that a person is to be told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from billing.models import Change
from billing.services.actor import Actor
from billing.services.changes.errors import ChangeNotFound
from billing.services.changes.payload import Payload

# The call ends at its deadline; opening the token, and writing down the outcome, take some time, too.
MARGIN: Final = timedelta(seconds=30)

# What was never sent is of use while somebody may come back to it.
_KEEP_UNSENT: Final = timedelta(days=7)

# For so long, the first page tells of what nobody knows the outcome of; My changes has it for good.
_TELL_OF_UNKNOWN: Final = timedelta(days=14)

State = Change.State


def list_own(actor: Actor) -> QuerySet[Change]:
    """The actor's changes, newest first, without what is sealed."""
    return Change.objects.filter(user=actor.user).defer("envelope")


def list_unknown(actor: Actor) -> QuerySet[Change]:
    """The actor's own changes of late of which nobody knows whether they happened, newest first."""
    open_ones = list_own(actor).filter(state=State.UNKNOWN, sent_at__gt=timezone.now() - _TELL_OF_UNKNOWN)
    return open_ones.exclude(found__in=(Change.Found.APPLIED, Change.Found.NOT_APPLIED))


def filter_own(actor: Actor, change_ids: Iterable[str]) -> frozenset[str]:
    """Those of some texts that are ids of the actor's own changes."""
    ids = [text for text in change_ids if is_id(text)]
    return frozenset(
        str(pk) for pk in Change.objects.filter(user=actor.user, pk__in=ids).values_list("pk", flat=True)
    )


def is_id(text: str) -> bool:
    """Whether a text could be the id of a change."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def get_own(actor: Actor, change_id: UUID) -> Change:
    """One of the actor's own changes. Raises ChangeNotFound."""
    row = Change.objects.filter(user=actor.user, pk=change_id).first()
    if row is None:
        raise ChangeNotFound
    return row


def delete_expired() -> int:
    """Deletes changes of more than a week ago that were never sent, with what is sealed in them; how many."""
    unsent = Change.objects.filter(state__in=(State.PREPARED, State.ABANDONED))
    old = unsent.filter(created_at__lt=timezone.now() - _KEEP_UNSENT)
    with transaction.atomic():
        # Locked, so that none of them is sent between being chosen and being deleted: its record would be gone.
        chosen = list(old.select_for_update().values_list("pk", flat=True))
        return Change.objects.filter(pk__in=chosen).delete()[0]


def settled_before(moment: datetime) -> QuerySet[Change]:
    """Changes of anybody that were sent and settled before `moment`, and still hold what was sent."""
    sent = Change.objects.filter(state__in=(State.SUCCEEDED, State.REFUSED, State.UNKNOWN))
    return sent.filter(settled_at__lt=moment).exclude(envelope="")


def delete_payloads(before: datetime) -> int:
    """Empties what is sealed in them, and the reason, which may name people: retention. The rows stay, for they say
    what was sent, and when; how many."""
    return settled_before(before).update(envelope="", reason="")


def payload_of(actor: Actor, change: Change) -> Payload:
    """What is sealed in a change of the actor's own. Raises ChangeNotFound, PayloadDeleted, `vault.CannotUnseal`."""
    if change.user_id != actor.user.pk:
        raise ChangeNotFound
    return Payload.of(change)


def stale_before() -> datetime:
    """What has been sending since before this moment is sending no more: whoever did was killed."""
    return timezone.now() - timedelta(seconds=settings.ALTOSTRAT_DEADLINE) - MARGIN


def effective_state(change: Change) -> Change.State:
    """The state to tell: a row left behind by a killed process is of unknown outcome."""
    state = State(change.state)
    is_stale = change.sent_at is not None and change.sent_at < stale_before()
    return State.UNKNOWN if state == State.SENDING and is_stale else state


def fingerprint(user_id: int, operation: str, path: str, body: Mapping[str, Any] | None) -> str:
    """Equal for equal writes of one person, and of no use to anybody without our key."""
    what = json.dumps([user_id, operation, path, body], sort_keys=True)
    return salted_hmac("billing.changes.fingerprint", what, algorithm="sha256").hexdigest()
