"""Sends the digests that are due: one per person and period, claimed by its row before anything is read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from django.db.models import Q
from django.utils import timezone

from billing.altostrat.errors import AltostratError, TokenRejected
from billing.models import Digest
from billing.roles import Permission
from billing.services import audit, mail, tokens
from billing.services.actor import Actor, Door, actor_for
from billing.services.dates import in_zone
from billing.services.digests import compose
from billing.services.digests.periods import period_of
from billing.services.mail import NotSent, OutcomeUnknown
from billing.services.people.time_zones import zone_of
from billing.services.scans import queues, run, store
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

logger = logging.getLogger(__name__)

SEND: Final = "digest.send"
# The next run continues the reading.
_MAX_SECONDS: Final = 300
_MAX_PAUSE_SECONDS: Final = 10

TOKEN_REFUSED: Final = "Not sent: Altostrat refused your token. Renew it in My tokens."  # noqa: S105 - a sentence
NO_TOKEN: Final = "Not sent: you have not stored an Altostrat token."  # noqa: S105 - a sentence
NO_ROLE: Final = "Not sent: your role does not allow you to read billing data."
NO_ADDRESS: Final = "Not sent: your account has no email address."
NOTHING_NEW: Final = "Nothing was new, so nothing was sent."
SLOW: Final = "Not sent yet: the accounts could not be read in time. The portal tries again."
UNREADABLE: Final = "Not sent: the accounts could not be read."
SENT: Final = "Sent."


def send_due(*, now: datetime, pause: Callable[[float], object] = time.sleep) -> dict[str, int]:
    """Send what is due, and return how often each result occurred. Deactivated people get nothing."""
    counts: dict[str, int] = {}
    for row in Digest.objects.select_related("user").filter(user__is_active=True).order_by("pk"):
        period = period_of(row, now)
        if _claim(row, period):
            result = _result_of(row, period, pause)
            counts[result] = counts.get(result, 0) + 1
    return counts


def _claim(row: Digest, period: date) -> bool:
    """Claim the period, unless another run has. A killed process leaves it claimed, so that nothing is sent twice."""
    is_open = Q(claimed_for=None) | Q(claimed_for__lt=period)
    return bool(Digest.objects.filter(is_open, pk=row.pk).update(claimed_for=period))


def _result_of(row: Digest, period: date, pause: Callable[[float], object]) -> str:
    actor = actor_for(row.user, Door.COMMAND)
    try:
        result, is_final = _send(actor, row, pause)
    except TokenRejected:
        result, is_final = TOKEN_REFUSED, True
    except NoToken:
        result, is_final = NO_TOKEN, True
    except (AltostratError, store.ScanLost, CannotUnseal) as error:
        logger.warning("a digest was not sent: %s", type(error).__name__)
        result, is_final = UNREADABLE, True
    values: dict[str, object] = {"last_at": timezone.now(), "last_result": result}
    if not is_final:  # the next run tries again
        values["claimed_for"] = row.claimed_for
    Digest.objects.filter(pk=row.pk, claimed_for=period).update(**values)
    outcome = audit.Outcome.SUCCEEDED if result in (SENT, NOTHING_NEW) else audit.Outcome.FAILED
    if is_final:
        audit.record(actor, SEND, outcome, detail=result)
    return result


def _send(actor: Actor, row: Digest, pause: Callable[[float], object]) -> tuple[str, bool]:
    """Return the result, and whether it is final for the period."""
    if Permission.BILLING_READ not in actor.permissions:
        return NO_ROLE, True
    if not row.user.email:
        return NO_ADDRESS, True
    if tokens.is_refused(actor):
        return TOKEN_REFUSED, True
    if not _read(actor, pause):
        return SLOW, False
    now = in_zone(timezone.now(), zone_of(row.user))
    found = compose.news(actor, row, queues.load(actor, now), now)
    result = NOTHING_NEW
    if found.parts:
        with timezone.override(zone_of(row.user)):
            message = compose.message(row, found)
        try:
            mail.send(message)
            result = SENT
        except NotSent as error:
            return f"Not sent: {error}", False
        except OutcomeUnknown as error:
            result = f"Outcome unknown: {error}"
    Digest.objects.filter(pk=row.pk).update(seen=found.seen)
    return result, True


def _read(actor: Actor, pause: Callable[[float], object]) -> bool:
    """Scan the accounts with the person's own tokens. Return whether the scan ended in time."""
    ends_at = time.monotonic() + _MAX_SECONDS
    while time.monotonic() < ends_at:
        progress = run.advance(actor, store.ACCOUNT_DETAILS)
        if progress.kind == store.ACCOUNT_DETAILS and progress.is_finished:
            return True
        if progress.is_stopped:
            return False
        if progress.wait_seconds:
            pause(min(progress.wait_seconds, _MAX_PAUSE_SECONDS))
    return False
