"""Reads after the call: the result, or whether a change of unknown outcome was applied. Nothing is sent here."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final
from uuid import UUID

from django.db import Error, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.altostrat.errors import AltostratError
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import Change
from billing.services.actor import Actor, Door
from billing.services.changes import outcomes
from billing.services.changes.attempt import Attempt
from billing.services.changes.current_state import read_after_write, read_result
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.queries import get_own, is_to_be_read_again, stale_before
from billing.services.storage import statements
from billing.services.tokens import NoToken, client_for
from billing.vault import CannotUnseal

State, Found = Change.State, Change.Found

logger = logging.getLogger(__name__)

_SETTLED: Final = (State.SUCCEEDED, State.REFUSED, State.UNKNOWN)
# There is seldom one, and building the query of `_stale` would take longer than all others of an account page.
_ANY_STALE: Final = (
    "SELECT 1 FROM billing_change WHERE (state = %s AND sent_at < %s)"
    " OR (state IN (%s, %s, %s) AND settled_at IS NULL) LIMIT 1"
)


def check_status(actor: Actor, change_id: UUID) -> Change:
    """Read the result of a change again, or whether it was applied. Raise ChangeNotFound.

    This never sends the change again.
    """
    settle_stale()
    change = get_own(actor, change_id)
    if change.state == State.SUCCEEDED:
        _read_result(Attempt.of(actor, change))
    elif change.state == State.UNKNOWN:
        _check_outcome(Attempt.of(actor, change))
    return get_own(actor, change_id)


def check_status_once(actor: Actor, change: Change) -> Change:
    """Check the status, unless it was checked late enough. If that fails, the change stays as it is."""
    if change.looked_at is not None and not is_to_be_read_again(change):
        return change
    # When the database fails, show what is known, and check later.
    with suppress(Error):
        if change.state == State.SUCCEEDED:
            _read_result(Attempt.of(actor, change))
        elif change.state == State.UNKNOWN:
            _check_outcome(Attempt.of(actor, change))
        return get_own(actor, change.pk)
    return change


def settle_stale() -> int:
    """Mark changes as unknown if their process died while sending, and write missing audit entries. Return how many.

    Any request does this for everyone's changes, because their author may never return.
    """
    count = 0
    try:
        count += outcomes.record_pending()
        for change in _stale() if _has_stale() else ():
            count += _give_up(change) if change.state == State.SENDING else _add_missing_entry(change)
    except Error:
        # The audit log is locked. This request continues, and a later one retries.
        logger.warning("missing audit entries of changes could not be written")
    return count


def _stale() -> QuerySet[Change]:
    # A kind that this version does not know belongs to a newer one.
    rows = Change.objects.filter(verb__in=KINDS).select_related("user")
    is_stale = Q(state=State.SENDING, sent_at__lt=stale_before())
    return rows.filter(is_stale | Q(state__in=_SETTLED, settled_at=None))


def _has_stale() -> bool:
    return bool(statements.rows(_ANY_STALE, [State.SENDING, statements.moment(stale_before()), *_SETTLED]))


def _give_up(change: Change) -> bool:
    stale = Change.objects.filter(state=State.SENDING, attempts=change.attempts, sent_at__lt=stale_before())
    return mark_unknown(change, stale, "the process was stopped while sending")


def mark_unknown(change: Change, waiting: QuerySet[Change], failure: str) -> bool:
    """Mark a change as unknown if it still is one of `waiting`. Return False if it is not."""
    with transaction.atomic():
        is_ours = waiting.filter(pk=change.pk).update(
            state=State.UNKNOWN, settled_at=timezone.now(), failure=failure
        )
        if is_ours:
            outcomes.add_audit_entry(_attempt_of_owner(change), State.UNKNOWN, failure=failure)
    return bool(is_ours)


def _add_missing_entry(change: Change) -> bool:
    missing = Change.objects.filter(
        pk=change.pk, state=change.state, settled_at=None, attempts=change.attempts
    )
    with transaction.atomic():
        is_ours = missing.update(settled_at=timezone.now())
        if is_ours:
            outcomes.add_audit_entry(
                _attempt_of_owner(change),
                State(change.state),
                note="recorded late",
                failure=change.failure,
                upstream_status=change.upstream_status,
                upstream_request_id=change.upstream_request_id,
            )
    return bool(is_ours)


def _attempt_of_owner(change: Change) -> Attempt:
    actor = Actor(change.user, Door.PAGE, frozenset(), request_id=change.request_id)
    try:
        payload = Payload.of(change)
    except CannotUnseal:
        payload = Payload(ids=change.ids, before={}, wanted={})
    return Attempt(actor, kind_of(change.verb), payload, change)


def _read_result(attempt: Attempt) -> None:
    try:
        now = read_result(attempt)
    except (AltostratError, InvalidIdentifier, NoToken, CannotUnseal):
        return
    if now is None and not _is_workspace_visible(attempt):
        return
    kind, payload = attempt.kind, attempt.payload
    is_missing = not kind.is_creation and kind.check_outcome(payload, now) == Found.NOT_APPLIED
    attempt = attempt.with_payload(now=now, is_gone=now is None)
    with transaction.atomic():
        found = Found.NOT_APPLIED if is_missing else Found.NOTHING_YET
        outcomes.save_payload(attempt, found=found, looked_at=timezone.now())
        if is_missing and attempt.change.found != found:
            outcomes.add_audit_entry(attempt, State.UNKNOWN, detail=f"status checked: {found}")


def read_outcome(attempt: Attempt) -> Change.Found:
    """Read whether a change of unknown outcome was applied, and record it.

    Raise AltostratError, InvalidIdentifier, NoToken and `vault.CannotUnseal`, with nothing recorded.
    """
    now = read_after_write(attempt)
    found, is_gone = attempt.kind.check_outcome(attempt.payload, now), now is None
    if is_gone and not _is_workspace_visible(attempt):
        found, is_gone = Found.CANNOT_TELL, False
    _record_found(attempt.with_payload(now=now, is_gone=is_gone), Found(found))
    return Found(found)


def _check_outcome(attempt: Attempt) -> None:
    try:
        read_outcome(attempt)
    except (AltostratError, NoToken, CannotUnseal):
        _record_found(attempt.with_payload(now=None, is_gone=False), Found.CANNOT_TELL)


def _is_workspace_visible(attempt: Attempt) -> bool:
    """Return whether the token still sees the workspace of a missing object; True if the object is the workspace.

    If the token has lost its access, the object is not known to be deleted.
    """
    ids = attempt.payload.ids
    if set(ids) <= {"workspace_id"}:
        return True
    try:
        with client_for(attempt.actor, ids.get("workspace_id", "")) as client:
            client.retrieve_workspace(ids.get("workspace_id", ""))
    except (AltostratError, NoToken, CannotUnseal):
        return False
    return True


def _record_found(attempt: Attempt, found: Change.Found) -> None:
    with transaction.atomic():
        # The process was taken for dead, but may have confirmed the change in the meantime. Its result is kept.
        unknown = Change.objects.select_for_update().filter(pk=attempt.change.pk, state=State.UNKNOWN)
        row = unknown.first()
        if row is None:
            return
        outcomes.save_payload(attempt, found=found, looked_at=timezone.now())
        if row.found != found:
            state = State.SUCCEEDED if found == Found.APPLIED else State.UNKNOWN
            outcomes.add_audit_entry(attempt, state, detail=f"status checked: {found}")
