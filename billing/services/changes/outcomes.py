"""Outcomes of calls: the row and its audit entry are written in one transaction."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.db import Error, transaction
from django.utils import timezone

from billing import metrics
from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, Refused
from billing.models import Change
from billing.services import audit
from billing.services.changes.attempt import Attempt, Outcome
from billing.services.changes.errors import ResultNotRecorded, summary
from billing.services.changes.payload import are_well_formed, without_facts
from billing.services.changes.preconditions import OPEN
from billing.services.storage import idempotency, statements

logger = logging.getLogger(__name__)

# For this long, the portal warns before it sends the same write again.
REPEAT_WINDOW: Final = timedelta(minutes=10)

# The verb of the entry before a call. The entry with the result has the verb of the change.
SEND: Final = "change.send"
# A second try to record a result only helps if the first one failed at once.
_RETRY_SECONDS: Final = 1.0

_AUDIT_OUTCOMES: Final = {
    Change.State.SUCCEEDED: audit.Outcome.SUCCEEDED,
    Change.State.REFUSED: audit.Outcome.REFUSED,
}


def answered(attempt: Attempt, answer: Answer[Any]) -> None:
    """Record that Altostrat confirmed the change, or with 202 that it accepted the change and has not made it yet."""
    document = json.loads(answer.body) if answer.body else {}
    ids = attempt.payload.ids
    found = attempt.kind.result_ids(ids, document if isinstance(document, dict) else {})
    result_ids = found if are_well_formed(found) else ids
    is_confirmed = answer.status != HTTPStatus.ACCEPTED
    _settle(
        attempt.with_payload(result_ids=result_ids),
        Change.State.SUCCEEDED if is_confirmed else Change.State.UNKNOWN,
        answer,
        failure="" if is_confirmed else f"status {answer.status}",
        workspace_id=result_ids.get("workspace_id", ""),
        billing_account_id=result_ids.get("billing_account_id", ""),
        upstream_status=answer.status,
        upstream_request_id=answer.request_id or "",
    )


def refused(attempt: Attempt, error: Refused) -> None:
    """Record that Altostrat refused the change. Nothing was changed, so the same change may be sent again."""
    refusal = {
        "message": error.message,
        "code": error.code,
        # A link on a page of the portal must lead to a web page, and never run a script.
        "doc_url": error.doc_url if (error.doc_url or "").startswith("https://") else None,
        "fields": {name: list(texts) for name, texts in error.fields.items()},
    }
    _settle(attempt.with_payload(refusal=refusal), Change.State.REFUSED, error, **_error_columns(error))
    _allow_repeat(attempt.change)


def unknown(attempt: Attempt, error: AltostratError | None) -> None:
    """Record that the change was sent and neither confirmed nor refused."""
    _settle(attempt, Change.State.UNKNOWN, error, **_error_columns(error))


def intended(attempt: Attempt) -> None:
    """Record that the change is about to be sent. Call this last in the transaction that claims it."""
    _record_sending(attempt, audit.Outcome.STARTED)


def not_sent(attempt: Attempt, why: str) -> None:
    """Reset a change that never left the portal to "prepared", with one UPDATE, so that no other request sends it."""
    change, columns = attempt.change, {"failure": why[:200], "settled_at": timezone.now()}
    _allow_repeat(change)
    with transaction.atomic():
        sending = Change.objects.filter(pk=change.pk, state=Change.State.SENDING, attempts=change.attempts)
        if sending.update(state=Change.State.PREPARED, **columns):
            _record_sending(attempt, audit.Outcome.FAILED, f"not sent: {why}")


def save_payload(attempt: Attempt, **columns: Any) -> None:
    """Store what has been learned since the call."""
    envelope = attempt.payload.sealed_for(attempt.change)
    Change.objects.filter(pk=attempt.change.pk).update(envelope=envelope, **columns)


def add_audit_entry(
    attempt: Attempt,
    state: Change.State,
    *,
    detail: str = "",
    note: str = "",
    workspace_id: str | None = None,
    billing_account_id: str | None = None,
    failure: str = "",
    upstream_status: int | None = None,
    upstream_request_id: str | None = None,
) -> None:
    """Write the audit entry. Its account differs from that of the row if the change created the account."""
    change, kind, payload = attempt.change, attempt.kind, attempt.payload
    if not detail:
        detail = ": ".join(
            filter(None, ("outcome unknown" if state == Change.State.UNKNOWN else "", failure))
        )
    audit.record(
        attempt.actor,
        kind.verb,
        _AUDIT_OUTCOMES.get(state, audit.Outcome.FAILED),
        subject=str(change.pk),
        workspace_id=change.workspace_id if workspace_id is None else workspace_id,
        billing_account_id=change.billing_account_id if billing_account_id is None else billing_account_id,
        detail="; ".join(filter(None, (payload.object_ids, detail, note))),
        reason=change.reason,
        ticket=change.ticket,
        before=without_facts(payload.before),
        after=without_facts(kind.after(payload)),
        upstream_status=upstream_status,
        upstream_request_id=upstream_request_id,
    )


def record_pending() -> int:
    """Record the results for which the database failed earlier. Return how many. Raise its error if it fails again.

    If this process dies first, the row stays in "sending", and its status is checked as after any interruption.
    """
    count = 0
    while _pending:
        result = _pending.popleft()
        try:
            result.record()
        except Error:
            _pending.appendleft(result)
            raise
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of a change that was sent."""

    attempt: Attempt
    state: Change.State
    columns: dict[str, Any]
    outcome: Outcome

    def record(self) -> None:
        """Record the result with its audit entry."""
        with transaction.atomic():
            is_saved = self._save(settled_at=timezone.now())
            if is_saved:
                add_audit_entry(self.attempt, self.state, **self.columns)
        self._note_release(is_saved)

    def record_without_entry(self) -> None:
        """Record the result with an empty `settled_at`: a later request adds the audit entry."""
        with transaction.atomic():
            is_saved = self._save(settled_at=None)
        self._note_release(is_saved)

    def _save(self, settled_at: datetime | None) -> bool:
        """Record the result in its row, and the answer where a program needs it, and release the lock."""
        change = self.attempt.change
        waiting = {"id": change.pk, "state": OPEN, "attempts": change.attempts}
        columns = {"state": self.state, "looked_at": None, "settled_at": settled_at, **self.columns}
        columns["envelope"] = self.attempt.payload.sealed_for(change)
        if not statements.update(Change, waiting, columns):
            return False
        if self.attempt.on_record is not None:
            self.attempt.on_record(self.state, self.outcome)
        if self.attempt.lock is not None:
            self.attempt.lock.release()
        vars(change).update(columns)
        return True

    def _note_release(self, is_saved: bool) -> None:
        """Note that the lock is released, once this is committed."""
        if is_saved and self.attempt.lock is not None:
            self.attempt.lock.is_released = True


_pending: Final[deque[_Result]] = deque()


def _settle(attempt: Attempt, state: Change.State, outcome: Outcome, **columns: Any) -> None:
    metrics.CHANGES_ENDED.labels(state).inc()
    result, ends_at = _Result(attempt, state, columns, outcome), time.monotonic() + _RETRY_SECONDS
    for _ in range(2):
        with suppress(Error):
            return result.record()
        logger.warning("the outcome of a change could not be recorded with its audit entry")
        if time.monotonic() > ends_at:
            break
    # Without its entry, the row keeps Altostrat's answer with an empty `settled_at`: a later request adds the entry.
    try:
        result.record_without_entry()
    except Error as error:
        logger.error("the outcome of a change could not be recorded, and waits for a later request")
        _pending.append(result)
        raise ResultNotRecorded from error


def _record_sending(attempt: Attempt, outcome: audit.Outcome, detail: str = "") -> None:
    change = attempt.change
    audit.record(
        attempt.actor,
        SEND,
        outcome,
        subject=str(change.pk),
        workspace_id=change.workspace_id,
        billing_account_id=change.billing_account_id,
        detail="; ".join(filter(None, (attempt.kind.verb, attempt.payload.object_ids, detail))),
        reason=change.reason,
        ticket=change.ticket,
    )


def _allow_repeat(change: Change) -> None:
    """Allow the same change to be sent again without a warning, unless another row has sent it as well."""
    recently = timezone.now() - REPEAT_WINDOW
    others = Change.objects.filter(fingerprint=change.fingerprint, sent_at__gt=recently).exclude(pk=change.pk)
    if not others.filter(state__in=(*OPEN, Change.State.SUCCEEDED)).exists():
        idempotency.release("change", change.fingerprint)


def _error_columns(error: AltostratError | None) -> dict[str, Any]:
    if error is None:
        return {"failure": "an error in the portal"}
    return {
        "failure": summary(error),
        "upstream_status": error.status,
        "upstream_request_id": error.request_id or "",
    }
