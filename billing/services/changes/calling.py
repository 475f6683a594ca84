"""The single call of a change, and the record of its outcome. Nothing here repeats the call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from django.db import Error

from billing.altostrat import errors
from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, Refused
from billing.models import Change
from billing.services.changes import outcomes
from billing.services.changes.attempt import Attempt
from billing.services.changes.errors import NotReady, ResultNotRecorded, summary
from billing.services.changes.queries import stale_before
from billing.services.changes.write_lock import WriteLock
from billing.services.storage import connections, statements
from billing.services.tokens import client_for

logger = logging.getLogger(__name__)

_STILL_SENDING: Final = (
    "SELECT 1 FROM billing_change WHERE id = %s AND state = %s AND attempts = %s AND sent_at >= %s"
)

OnAnswer = Callable[[Answer[Any]], None]


def call(attempt: Attempt, lock: WriteLock, on_answer: OnAnswer | None) -> Answer[Any] | Exception:
    """Make the call, record its outcome and return it. An error after the answer cannot undo the record."""
    attempt = replace(attempt, lock=lock)
    change, payload = attempt.change, attempt.payload
    answer: Answer[Any] | None = None
    has_begun = False
    problem: Exception | None = None
    try:
        with client_for(attempt.actor, change.workspace_id, is_for_write=True) as client:
            has_begun = _is_still_sending(change) and lock.renew()
            connections.release_connection()
            if not has_begun:
                raise NotReady("The request took too long to start. Try again.")
            answer = client.call(attempt.kind.operation, None, payload.body, **payload.ids)
    except Exception as error:  # noqa: BLE001 - the row must not stay in "sending" after any error
        problem = error
    if not has_begun:
        # The token, the vault, the request budget or the database failed before the call.
        outcomes.not_sent(attempt, type(problem).__name__)
        assert problem is not None
        raise problem
    try:
        _record(attempt, answer, problem)
    except Error as error:
        raise ResultNotRecorded from error
    if answer is not None and on_answer is not None:
        on_answer(answer)
    outcome = problem if answer is None else answer
    assert outcome is not None
    return outcome


def _record(attempt: Attempt, answer: Answer[Any] | None, problem: Exception | None) -> None:
    if answer is not None:
        outcomes.answered(attempt, answer)
    elif isinstance(problem, AltostratError):
        _record_error(attempt, problem)
    else:
        logger.error("a change ended in %s", type(problem).__name__)
        outcomes.unknown(attempt, None)


def _is_still_sending(change: Change) -> bool:
    """Return whether the change is still being sent. A process that was frozen may find it marked as interrupted."""
    ours = {
        "id": change.pk,
        "state": Change.State.SENDING,
        "attempts": change.attempts,
        "sent_at": stale_before(),
    }
    return bool(statements.rows(_STILL_SENDING, statements.adapted(Change, ours)))


def _record_error(attempt: Attempt, error: AltostratError) -> None:
    if errors.nothing_was_sent(error):
        outcomes.not_sent(attempt, summary(error))
    elif errors.may_have_happened(error) or not isinstance(error, Refused):
        outcomes.unknown(attempt, error)
    else:
        outcomes.refused(attempt, error)
