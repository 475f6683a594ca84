"""The one place that writes to Altostrat.

A row goes from prepared to sending by one UPDATE, committed before the call: of two requests one gets it, and a process
that dies leaves a row that says so. Nothing here repeats a call.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing.altostrat import errors
from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, Refused
from billing.models import Change
from billing.roles import Permission
from billing.services import database, once
from billing.services.actor import Actor
from billing.services.changes import contents as sealing
from billing.services.changes import previews, settling
from billing.services.changes.comparing import conflicts_of, differing
from billing.services.changes.contents import Contents
from billing.services.changes.errors import Incomplete, NotReady, SentLately
from billing.services.changes.following import follow_up, settle_stale
from billing.services.changes.kinds import Kind
from billing.services.changes.preparing import store
from billing.services.changes.reading import present
from billing.services.changes.registry import kind_of
from billing.services.changes.rows import contents_of, one_of, stale_before
from billing.services.tokens import client_for

logger = logging.getLogger(__name__)


State = Change.State


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person gives with the button. `is_meant` is "I know; send it once more"."""

    reason: str = ""
    ticket: str = ""
    confirmation: str = ""
    is_meant: bool = False


def send(
    actor: Actor,
    change_id: UUID,
    signature: Signature,
    *,
    attempt: int = 0,
    on_answer: Callable[[Answer[Any]], None] | None = None,
) -> Change:
    """Sends a prepared change, and gives it back with its outcome; or another one, when what it was made upon has
    changed: that one is to be reviewed first. One that was sent already is given back as it is.

    `attempt` is the number that the review showed: a click on an older page sends nothing. `on_answer` is handed what
    Altostrat answered, for what is kept nowhere: only who has just sent it gets it. Raises, with nothing sent:
    NotPermitted, UnknownChange, Incomplete, NotReady, SentLately, NoToken, AltostratError, `vault.CannotUnseal`.
    """
    actor.require(Permission.BILLING_WRITE)
    settle_stale()
    change = one_of(actor, change_id)
    if change.state != State.PREPARED or change.attempts != attempt:
        return change
    contents, kind = contents_of(actor, change), kind_of(change.verb)
    if kind.is_mergeable and conflicts_of(kind, contents):
        return change  # to be compared first: no page of ours has a button for it
    _require_complete(kind, contents, signature)
    found = present(actor, kind, contents.ids, is_for_write=True)
    if differing(contents.before, found):
        return _review_again(actor, kind, change, contents, found)
    # The kind's own facts, too, as they are now: they tell later what came of a call without an answer.
    contents = contents.with_(before=found)
    obstacle = previews.why_not(kind, contents)
    if obstacle:
        raise NotReady(obstacle)
    if not _claim(actor, change, contents, signature):
        return one_of(actor, change_id)
    change.refresh_from_db()
    _call(actor, kind, change, contents, on_answer)
    change.refresh_from_db()
    return follow_up(actor, change)


def _claim(actor: Actor, change: Change, contents: Contents, signature: Signature) -> bool:
    """Whether this request, and no other, is to send the change. Committed when it returns."""
    envelope = sealing.sealed(contents, change.pk, change.user_id)
    # Durable: inside a transaction of somebody else's it would be undone by what goes wrong after the call.
    with transaction.atomic(durable=True):
        claimed = Change.objects.filter(
            pk=change.pk, user=actor.user, state=State.PREPARED, attempts=change.attempts
        ).update(
            state=State.SENDING,
            attempts=F("attempts") + 1,
            sent_at=timezone.now(),
            settled_at=None,
            failure="",
            envelope=envelope,
            reason=signature.reason.strip(),
            ticket=signature.ticket.strip(),
            request_id=actor.request_id,
        )
        is_first = bool(claimed) and once.is_first_use(
            "change", change.fingerprint, expires_at=time.time() + settling.SAME_AGAIN.total_seconds()
        )
        is_first = is_first and not settling.is_open_elsewhere(change)
        if claimed and not is_first and not signature.is_meant:
            raise SentLately
    return bool(claimed)


def _call(
    actor: Actor,
    kind: Kind,
    change: Change,
    contents: Contents,
    on_answer: Callable[[Answer[Any]], None] | None,
) -> None:
    """The call, and its outcome written down. What comes after the answer cannot make it unsaid."""
    answer: Answer[Any] | None = None
    is_open = False
    problem: Exception | None = None
    try:
        with client_for(actor, change.workspace_id) as client:
            is_open = _is_still_ours(change)
            if not is_open:
                raise NotReady("This took too long to begin. Nothing was sent.")
            answer = client.call(kind.operation, None, contents.body, **contents.ids)
    except Exception as error:  # noqa: BLE001 - whatever it is: the row must not stay in sending
        problem = error
    if answer is not None:
        settling.succeeded(actor, kind, change, contents, _document(answer), answer)
        if on_answer is not None:
            on_answer(answer)
    elif not is_open:
        # No token any more, the vault, the budget: before the call.
        settling.not_sent(change, type(problem).__name__)
        assert problem is not None
        raise problem
    elif isinstance(problem, AltostratError):
        _after_error(actor, kind, change, contents, problem)
    else:
        logger.error("a change ended in %s", type(problem).__name__)
        settling.unknown(actor, kind, change, contents, None)


def _is_still_ours(change: Change) -> bool:
    """Whether nobody has taken this process for dead meanwhile: one that was frozen must not send what was given up."""
    ours = Change.objects.filter(pk=change.pk, state=State.SENDING, attempts=change.attempts)
    still = ours.filter(sent_at__gte=stale_before()).exists()
    database.let_go()
    return still


def _after_error(actor: Actor, kind: Kind, change: Change, contents: Contents, error: AltostratError) -> None:
    if errors.nothing_was_sent(error):
        settling.not_sent(change, settling.in_words(error))
    elif errors.may_have_happened(error) or not isinstance(error, Refused):
        settling.unknown(actor, kind, change, contents, error)
    else:
        settling.refused(actor, kind, change, contents, error)


def _review_again(
    actor: Actor, kind: Kind, change: Change, contents: Contents, found: dict[str, Any]
) -> Change:
    """Another change upon what is there now; this one is put aside, unless another request has just sent it."""
    fresh = contents.with_(opened=contents.before, before=found)
    with transaction.atomic():
        put_aside = Change.objects.filter(pk=change.pk, state=State.PREPARED).update(state=State.ABANDONED)
        if put_aside:
            fresh = fresh.with_(body=kind.body(fresh))
            return store(actor, kind, fresh, undoes=change.undoes)
    return one_of(actor, change.pk)


def _require_complete(kind: Kind, contents: Contents, signature: Signature) -> None:
    missing = {}
    if kind.needs_reason and not signature.reason.strip():
        missing["reason"] = "Say why: it is kept in the audit."
    if kind.needs_reason and not signature.ticket.strip():
        missing["ticket"] = "Give the ticket that asks for it."
    texts = kind.confirmation(contents)
    if texts and signature.confirmation.strip() not in texts:
        missing["confirmation"] = f"Type {' or '.join(f'“{text}”' for text in texts)}, as it stands there."
    if missing:
        raise Incomplete(missing)


def _document(answer: Answer[Any]) -> dict[str, Any]:
    document = json.loads(answer.body) if answer.body else {}
    return document if isinstance(document, dict) else {}
