"""Sends the digests that are due: one per person and period, claimed by its row before the message is sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing.altostrat.errors import AltostratError, TokenRejected
from billing.models import Digest
from billing.roles import Permission
from billing.services import audit, mail, tokens
from billing.services.actor import Actor, Door, actor_for
from billing.services.dates import in_zone
from billing.services.digests import compose
from billing.services.digests.compose import News
from billing.services.digests.periods import period_of
from billing.services.mail import NotSent, OutcomeUnknown
from billing.services.people.time_zones import zone_of
from billing.services.scans import queues, run, store
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

logger = logging.getLogger(__name__)

SEND: Final = "digest.send"
# An attempt to send ends long before.
_STALE: Final = timedelta(minutes=5)
# The next run continues the reading.
_MAX_SECONDS: Final = 300
_MAX_PAUSE_SECONDS: Final = 10

UNKNOWN: Final = "Outcome unknown:"
TOKEN_REFUSED: Final = "Not sent: Altostrat refused your token. Renew it in My tokens."  # noqa: S105 - a sentence
NO_TOKEN: Final = "Not sent: you have not stored an Altostrat token."  # noqa: S105 - a sentence
NO_ROLE: Final = "Not sent: your role does not allow you to read billing data."
NO_ADDRESS: Final = "Not sent: your account has no email address."
NOTHING_NEW: Final = "Nothing was new, so nothing was sent."
SLOW: Final = "Not sent yet: the accounts could not be read in time. The portal tries again."
UNREADABLE: Final = "Not sent: the accounts could not be read."
SENDING: Final = "The portal is sending it."
INTERRUPTED: Final = f"{UNKNOWN} the portal was stopped while sending."
SENT: Final = "Sent."
_ARRIVED: Final = (SENT, NOTHING_NEW)


def send_due(*, now: datetime, pause: Callable[[float], object] = time.sleep) -> dict[str, int]:
    """Send what is due, and return how often each result occurred. Deactivated people get nothing."""
    settle_stale()
    counts: dict[str, int] = {}
    for row in due(now):
        ends_at = time.monotonic() + _MAX_SECONDS

        def wait(seconds: float, ends_at: float = ends_at) -> bool:
            pause(min(seconds, _MAX_PAUSE_SECONDS))
            return time.monotonic() < ends_at

        result = send(actor_for(row.user, Door.COMMAND), row, period_of(row, now), wait)
        if result is not None:
            counts[result] = counts.get(result, 0) + 1
    return counts


def due(now: datetime) -> list[Digest]:
    """Return the digests of active people whose period has begun and was not claimed."""
    rows = Digest.objects.select_related("user").filter(user__is_active=True).order_by("pk")
    return [row for row in rows if is_open(row, period_of(row, now))]


def send(actor: Actor, row: Digest, period: date, pause: Callable[[float], bool]) -> str | None:
    """Read the accounts and send the digest of a period. Return the result, or None if another run has claimed it.

    `pause` waits during the scan, or returns False if it takes too long: then the result is SLOW.
    """
    found: News | None = None
    try:
        reason = _reason(actor, row)
        if not reason:
            found = _news(actor, row, pause)
    except TokenRejected:
        reason = TOKEN_REFUSED
    except NoToken:
        reason = NO_TOKEN
    except (AltostratError, store.ScanLost, CannotUnseal) as error:
        logger.warning("a digest was not sent: %s", type(error).__name__)
        reason = UNREADABLE
    if not reason and found is None:
        Digest.objects.filter(pk=row.pk).update(last_at=timezone.now(), last_result=SLOW)
        return SLOW
    if not _claim(row, period):
        return None
    result, is_final = (reason, True) if found is None else _deliver(row, found)
    values: dict[str, object] = {"last_at": timezone.now(), "last_result": result}
    if not is_final:  # the next run tries again
        values["claimed_for"] = row.claimed_for
    elif found is not None and result in _ARRIVED:
        # After an unknown outcome, the next digest repeats what was new.
        values["seen"] = found.seen
    Digest.objects.filter(pk=row.pk, claimed_for=period).update(**values)
    if is_final:
        _record(actor, result)
    return result


def settle_stale() -> int:
    """Mark digests whose process was killed while it was sending as unknown, and record that. Return their number."""
    stale = Digest.objects.filter(last_result=SENDING, last_at__lt=timezone.now() - _STALE)
    count = 0
    for row in stale.select_related("user"):
        with transaction.atomic():
            if stale.filter(pk=row.pk).update(last_result=INTERRUPTED):
                _record(Actor(row.user, Door.COMMAND, frozenset()), INTERRUPTED)
                count += 1
    return count


def unknown_of(actor: Actor) -> Digest | None:
    """Return the actor's own digest if it is not known whether the last one has arrived."""
    settle_stale()
    row = Digest.objects.filter(user=actor.user).first()
    return row if row is not None and is_unknown(row) else None


def is_unknown(row: Digest) -> bool:
    """Return whether it is not known if the last digest has arrived."""
    return row.last_result.startswith(UNKNOWN)


def is_open(row: Digest, period: date) -> bool:
    """Return whether no run has claimed the period."""
    return row.claimed_for is None or row.claimed_for < period


def _claim(row: Digest, period: date) -> bool:
    """Claim the period right before the message is sent, so that a period has one message at most.

    If the process is killed now, `settle_stale` states an unknown outcome, and nothing is sent again.
    """
    is_open = Q(claimed_for=None) | Q(claimed_for__lt=period)
    rows = Digest.objects.filter(is_open, pk=row.pk, user__is_active=True)
    return bool(rows.update(claimed_for=period, last_at=timezone.now(), last_result=SENDING))


def _reason(actor: Actor, row: Digest) -> str:
    """Return why nothing can be sent, if that is known before anything is read."""
    if Permission.BILLING_READ not in actor.permissions:
        return NO_ROLE
    if not row.user.email:
        return NO_ADDRESS
    return TOKEN_REFUSED if tokens.is_refused(actor) else ""


def _news(actor: Actor, row: Digest, pause: Callable[[float], bool]) -> News | None:
    """Scan the accounts with the person's own tokens. Return what is new, or None if the scan did not end in time."""
    progress = run.complete(actor, store.ACCOUNT_DETAILS, pause)
    if progress.kind != store.ACCOUNT_DETAILS or not progress.is_finished:
        return None
    now = in_zone(timezone.now(), zone_of(row.user))
    return compose.news(actor, row, queues.load(actor, now), now)


def _deliver(row: Digest, found: News) -> tuple[str, bool]:
    """Send what is new. Return the result, and whether it is final for the period."""
    if not found.parts:
        return NOTHING_NEW, True
    with timezone.override(zone_of(row.user)):
        message = compose.message(row, found)
    try:
        mail.send(message)
    except NotSent as error:
        return f"Not sent: {error}", False
    except OutcomeUnknown as error:
        return f"{UNKNOWN} {error}", True
    return SENT, True


def _record(actor: Actor, result: str) -> None:
    outcome = audit.Outcome.SUCCEEDED if result in _ARRIVED else audit.Outcome.FAILED
    audit.record(actor, SEND, outcome, detail=result)
