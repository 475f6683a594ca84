"""Everyone's changes of unknown outcome, settled by reads. Nothing is sent here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from billing.altostrat.errors import AltostratError
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor, Door, actor_for
from billing.services.changes.attempt import Attempt
from billing.services.changes.errors import PayloadDeleted
from billing.services.changes.kinds.registry import KINDS
from billing.services.changes.outcome_checks import mark_unknown, read_outcome, settle_stale
from billing.services.changes.queries import MAY_STILL_ARRIVE, SHOW_UNKNOWN_FOR, delete_expired
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

State, Found = Change.State, Change.Found

# Between two reads that could not determine the outcome.
_PAUSE: Final = timedelta(minutes=10)
_RESTORED: Final = "restored from a backup"


@dataclass(slots=True)
class Settled:
    """How many changes were found applied or not applied, and how many are still unknown."""

    applied: int = 0
    not_applied: int = 0
    unknown: int = 0


def due() -> QuerySet[Change]:
    """Return the changes of unknown outcome to check now, after recording those whose process was killed."""
    settle_stale()
    now = timezone.now()
    may_have_arrived = Q(sent_at__lt=now - MAY_STILL_ARRIVE) | Q(sent_at=None)
    was_early = Q(found=Found.NOT_APPLIED, looked_at__lt=F("sent_at") + MAY_STILL_ARRIVE)
    rows = Change.objects.filter(may_have_arrived, state=State.UNKNOWN, verb__in=KINDS).exclude(envelope="")
    is_open = Q(found__in=(Found.NOTHING_YET, Found.CANNOT_TELL))
    rows = rows.filter(is_open | was_early, settled_at__gt=now - SHOW_UNKNOWN_FOR)
    rows = rows.exclude(found=Found.CANNOT_TELL, looked_at__gt=now - _PAUSE).select_related("user")
    return rows.order_by("settled_at")


def settle_unknown() -> Settled:
    """Check the status of recent changes of unknown outcome, each with its author's own token.

    A change stays as it is if its author may no longer read billing data, has no token, or Altostrat does not answer.
    The next run reads it again.
    """
    settled = Settled()
    failing: set[tuple[int, str]] = set()
    for change in due():
        token = (change.user_id, change.workspace_id)
        found = None if token in failing else settle(actor_for(change.user, Door.COMMAND), change)
        if found is None:
            failing.add(token)
        settled.applied += found == Found.APPLIED
        settled.not_applied += found == Found.NOT_APPLIED
        settled.unknown += found not in (Found.APPLIED, Found.NOT_APPLIED)
    return settled


def settle(actor: Actor, change: Change) -> Change.Found | None:
    """Check the status of a change. Return what a read has found, or None if its author's token cannot read it now."""
    if Permission.BILLING_READ not in actor.permissions:
        return None
    try:
        return read_outcome(Attempt.of(actor, change))
    except PayloadDeleted:
        return Found.CANNOT_TELL
    except (AltostratError, InvalidIdentifier, NoToken, CannotUnseal):
        return None


def mark_restored() -> int:
    """Mark changes that wait or are being sent as unknown, because they may have been sent after the backup was made.

    Call this after a restore, before the portal starts. Return how many there were.
    """
    delete_expired()
    waiting = Change.objects.filter(state__in=(State.PREPARED, State.SENDING), verb__in=KINDS)
    rows = waiting.select_related("user").order_by("created_at")
    return sum(mark_unknown(change, waiting, _RESTORED) for change in rows)
