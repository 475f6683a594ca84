"""What blocks a change: its kind, an earlier success, its preview, or another change of unknown outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from billing.models import Change
from billing.services.changes import previews
from billing.services.changes.attempt import Attempt
from billing.services.changes.kind import Kind
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.queries import is_certainly_not_applied
from billing.vault import CannotUnseal

State, Found = Change.State, Change.Found

HAPPENED: Final = Q(state=State.SUCCEEDED) | Q(found=Found.APPLIED)
# A slow process may still record the outcome of a change that is already "unknown".
OPEN: Final = (State.SENDING, State.UNKNOWN)
HAPPENED_OR_OPEN: Final = HAPPENED | Q(state__in=OPEN, found__in=(Found.NOTHING_YET, Found.CANNOT_TELL))

# How long an unknown outcome blocks other changes of the same object.
_UNKNOWN_BLOCKS_FOR: Final = timedelta(days=1)


def of_kind(kind: Kind, payload: Payload) -> str:
    """Return why a change is not possible; empty if it is."""
    return kind.blocked_reason(payload) or _earlier_success(kind, payload)


def blocked_reason(attempt: Attempt) -> str:
    """Return why a change cannot be sent; empty if it can."""
    return of_kind(attempt.kind, attempt.payload) or previews.blocked_reason(attempt)


def is_open_elsewhere(change: Change) -> bool:
    """Return whether the person has sent the same write before and its outcome is open."""
    same = Change.objects.filter(user=change.user_id, fingerprint=change.fingerprint, state__in=OPEN)
    return same.exclude(pk=change.pk).exclude(found__in=(Found.NOT_APPLIED, Found.APPLIED)).exists()


def find_unknown(attempt: Attempt) -> Change | None:
    """Return another change of the same object, by anyone, whose outcome is unknown."""
    change, now = attempt.change, timezone.now()
    since = now - _UNKNOWN_BLOCKS_FOR
    rows = Change.objects.filter(
        Q(sent_at__gt=since) | Q(sent_at=None, settled_at__gt=since),
        state=State.UNKNOWN,
        workspace_id=change.workspace_id,
        billing_account_id=change.billing_account_id,
        verb__in=KINDS,
    )
    others = rows.exclude(found=Found.APPLIED).exclude(pk=change.pk).defer("envelope")
    unknown = (row for row in others if not is_certainly_not_applied(row))
    path = attempt.target_path
    return next((row for row in unknown if kind_of(row.verb).target_path(row.ids) == path), None)


def _earlier_success(kind: Kind, payload: Payload) -> str:
    """Return why an earlier success of the same change, by anyone, blocks this one; empty if none does."""
    if not kind.remembers_successes:
        return ""
    ids = payload.ids
    rows = Change.objects.exclude(envelope="").filter(
        HAPPENED,
        verb=kind.verb,
        workspace_id=ids.get("workspace_id", ""),
        billing_account_id=ids.get("billing_account_id", ""),
    )
    sentences = (_blocked_reason_after(kind, row, payload) for row in rows if row.ids == ids)
    return next(filter(None, sentences), "")


def _blocked_reason_after(kind: Kind, row: Change, payload: Payload) -> str:
    try:
        return kind.blocked_reason_after(Payload.of(row), payload)
    except CannotUnseal:
        return ""
