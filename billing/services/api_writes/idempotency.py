"""At most one write for each Idempotency-Key of a person, on all replicas and after restarts.

The unique row of a key is committed before anything is read, and names the change in the transaction that claims it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import Error
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from billing import metrics
from billing.altostrat.client import Answer
from billing.altostrat.errors import Refused
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.payment_methods import CREATE_SETUP_INTENT
from billing.models import Change, IdempotencyKey
from billing.services.actor import Actor
from billing.services.api_writes import answers
from billing.services.api_writes.sending import ChangeOutcomeUnknown, Sent, send
from billing.services.api_writes.write import Write
from billing.services.changes import check_status, effective_state, is_certainly_not_applied
from billing.services.changes.attempt import Outcome
from billing.services.changes.queries import stale_before
from billing.services.storage import statements
from billing.services.storage.recent import Recent

_KEEP_FOR: Final = timedelta(hours=24)
# A request that has not claimed its change after this time was killed.
_MARGIN: Final = timedelta(seconds=60)
_UNLESS_CLAIMED: Final = "ON CONFLICT (digest) DO NOTHING"
# Expired keys are deleted by requests with other keys, at most once a minute in each process.
_deletions: Final[Recent[str, int]] = Recent(seconds=60)
_State, _Found = Change.State, Change.Found
_UNSENT: Final = Q(change=None) | Q(change__state__in=(_State.PREPARED, _State.ABANDONED))


class KeyReused(Exception):
    """The key was sent before with another request."""


class KeyInUse(Exception):
    """The first request with the key is still running."""


class ChangeNotApplied(Exception):
    """A read has found that the change of the key was not applied."""

    def __init__(self, change: Change) -> None:
        super().__init__(str(change))
        self.change = change


def send_once(actor: Actor, key: str, write: Write) -> Sent | Change:
    """Send a change as `send`, or return what the first request with the same key returned.

    Return the change instead if it was applied, and Altostrat's answer was lost or must not be stored.
    Raise as `send`, and KeyReused, KeyInUse, ChangeNotApplied, ChangeOutcomeUnknown.
    """
    request_digest = _digest("request", json.dumps(write.identity(), sort_keys=True))
    row = _claim(actor, key, request_digest)
    metrics.IDEMPOTENT_REQUESTS.labels("repeated" if row is None else "first").inc()
    if row is None:
        earlier = (
            IdempotencyKey.objects.select_related("change").filter(digest=_key_digest(actor, key)).first()
        )
        if earlier is None:
            raise KeyInUse  # it was just released
        if earlier.request_digest != request_digest:
            raise KeyReused
        return _replay(actor, earlier, write.operation)
    is_answered = False
    try:
        sent = send(
            actor,
            write,
            on_claim=lambda change: _bind(row, change),
            on_record=lambda state, outcome: _keep(row, state, outcome, write.operation),
        )
        is_answered = isinstance(sent.outcome, Answer)
    finally:
        if not is_answered:
            with suppress(Error):  # it is taken for dead later
                IdempotencyKey.objects.filter(_UNSENT, **_own(row)).delete()
    return sent


def delete_expired() -> int:
    """Delete keys that were first sent more than a day ago; return how many."""
    return IdempotencyKey.objects.filter(claimed_at__lt=_expired_before()).delete()[0]


def _claim(actor: Actor, key: str, request_digest: str) -> IdempotencyKey | None:
    """Insert the row of a key. Return None if it exists: another request has, or had, the key."""
    row = IdempotencyKey(
        user=actor.user,
        digest=_key_digest(actor, key),
        request_digest=request_digest,
        change_id=None,
        envelope="",
        claimed_at=timezone.now(),
    )
    _deletions.get("expired", delete_expired)
    if _insert(row):
        return row
    # The process of a dead one was killed before anything was sent.
    is_dead = _UNSENT & Q(claimed_at__lt=_dead_before())
    ended = IdempotencyKey.objects.filter(is_dead | Q(claimed_at__lt=_expired_before()), digest=row.digest)
    return row if ended.delete()[0] and _insert(row) else None


def _insert(row: IdempotencyKey) -> bool:
    names = ("user_id", "digest", "request_digest", "envelope", "claimed_at")
    return statements.insert(IdempotencyKey, {name: getattr(row, name) for name in names}, _UNLESS_CLAIMED)


def _bind(row: IdempotencyKey, change: Change) -> None:
    """Name the change in the row. Raise KeyInUse if the row was taken for dead and another request has the key."""
    is_dead = row.claimed_at < _dead_before()
    if is_dead or not statements.update(IdempotencyKey, _own(row), {"change_id": change.pk}):
        raise KeyInUse


def _keep(
    row: IdempotencyKey,
    state: Change.State,
    outcome: Outcome,
    operation: Operation[Any],
) -> None:
    """Seal the answer. A refusal that is not about the request, such as an expired token, releases the key."""
    if isinstance(outcome, Refused) and state == _State.REFUSED:
        if outcome.status in (401, 429):
            statements.delete(IdempotencyKey, _own(row))
        else:
            statements.update(IdempotencyKey, _own(row), {"envelope": answers.seal(row, outcome)})
    elif isinstance(outcome, Answer) and _is_to_be_kept(state, operation):
        statements.update(IdempotencyKey, _own(row), {"envelope": answers.seal(row, outcome)})


def _own(row: IdempotencyKey) -> dict[str, Any]:
    """Return the condition that the row of a key is still the one that this request has inserted."""
    return {"digest": row.digest, "claimed_at": row.claimed_at}


def _is_to_be_kept(state: Change.State, operation: Operation[Any]) -> bool:
    """Return whether an answer is final, which 202 is not, and has no secret."""
    return state == _State.SUCCEEDED and operation is not CREATE_SETUP_INTENT


def _replay(actor: Actor, row: IdempotencyKey, operation: Operation[Any]) -> Sent | Change:
    change = row.change
    if change is None:
        raise KeyInUse
    if row.envelope:
        return Sent(change, answers.unseal(row, operation), is_replay=True)
    state = effective_state(change)
    if _is_being_kept(change, state, operation):
        raise KeyInUse
    if state == _State.UNKNOWN:
        change = check_status(actor, change.pk)
        state = _State(change.state)
    if state == _State.SUCCEEDED or change.found == _Found.APPLIED:
        return change
    if state == _State.REFUSED or is_certainly_not_applied(change):
        raise ChangeNotApplied(change)
    if state == _State.UNKNOWN:
        raise ChangeOutcomeUnknown(change)
    raise KeyInUse


def _is_being_kept(change: Change, state: Change.State, operation: Operation[Any]) -> bool:
    """Return whether the first request may be about to seal its answer. Earlier versions did after the outcome."""
    is_answered = state == _State.REFUSED or (state == _State.SUCCEEDED and _is_to_be_kept(state, operation))
    return is_answered and change.sent_at is not None and change.sent_at > stale_before()


def _dead_before() -> datetime:
    return timezone.now() - timedelta(seconds=settings.ALTOSTRAT_DEADLINE) - _MARGIN


def _expired_before() -> datetime:
    return timezone.now() - _KEEP_FOR


def _key_digest(actor: Actor, key: str) -> str:
    return _digest("key", f"{actor.user.pk}:{key}")


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"billing.idempotency.{kind}", text, algorithm="sha256").hexdigest()
