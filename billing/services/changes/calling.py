"""The one call of a change, and its outcome written down. Nothing here repeats it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from billing.altostrat import errors
from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, Refused
from billing.models import Change
from billing.services.actor import Actor
from billing.services.changes import outcomes
from billing.services.changes.errors import NotReady
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Payload
from billing.services.changes.queries import stale_before
from billing.services.changes.write_lock import Turn
from billing.services.storage import connections
from billing.services.tokens import client_for

logger = logging.getLogger(__name__)

State = Change.State


def call(
    actor: Actor,
    kind: Kind,
    change: Change,
    payload: Payload,
    turn: Turn,
    on_answer: Callable[[Answer[Any]], None] | None,
) -> None:
    """The call, and its outcome written down. What comes after the answer cannot make it unsaid."""
    answer: Answer[Any] | None = None
    is_open = False
    problem: Exception | None = None
    try:
        with client_for(actor, change.workspace_id) as client:
            is_open = _is_still_ours(change) and turn.renew()
            connections.release_connection()
            if not is_open:
                raise NotReady("This took too long to begin. Nothing was sent.")
            answer = client.call(kind.operation, None, payload.body, **payload.ids)
    except Exception as error:  # noqa: BLE001 - whatever it is: the row must not stay in sending
        problem = error
    if answer is not None:
        outcomes.succeeded(actor, kind, change, payload, _document(answer), answer)
        if on_answer is not None:
            on_answer(answer)
    elif not is_open:
        # No token any more, the vault, the budget: before the call.
        outcomes.not_sent(change, type(problem).__name__)
        assert problem is not None
        raise problem
    elif isinstance(problem, AltostratError):
        _after_error(actor, kind, change, payload, problem)
    else:
        logger.error("a change ended in %s", type(problem).__name__)
        outcomes.unknown(actor, kind, change, payload, None)


def _is_still_ours(change: Change) -> bool:
    """Whether nobody has taken this process for dead meanwhile: one that was frozen must not send what was given up."""
    ours = Change.objects.filter(pk=change.pk, state=State.SENDING, attempts=change.attempts)
    return ours.filter(sent_at__gte=stale_before()).exists()


def _after_error(actor: Actor, kind: Kind, change: Change, payload: Payload, error: AltostratError) -> None:
    if errors.nothing_was_sent(error):
        outcomes.not_sent(change, outcomes.in_words(error))
    elif errors.may_have_happened(error) or not isinstance(error, Refused):
        outcomes.unknown(actor, kind, change, payload, error)
    else:
        outcomes.refused(actor, kind, change, payload, error)


def _document(answer: Answer[Any]) -> dict[str, Any]:
    document = json.loads(answer.body) if answer.body else {}
    return document if isinstance(document, dict) else {}
