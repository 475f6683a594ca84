"""After the call: what Altostrat says now, and what became of a write of unknown outcome. Nothing is written here."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone

from billing.altostrat.errors import AltostratError
from billing.altostrat.identifiers import InvalidIdentifier
from billing.models import Change
from billing.services.actor import Actor, Door
from billing.services.changes import outcomes
from billing.services.changes.current_state import read_current_state_or_none, result
from billing.services.changes.kind import Kind
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.queries import get_own, payload_of, stale_before
from billing.services.tokens import NoToken, client_for
from billing.vault import CannotUnseal

State, Found = Change.State, Change.Found

logger = logging.getLogger(__name__)

_SETTLED: Final = (State.SUCCEEDED, State.REFUSED, State.UNKNOWN)


def check_status_once(actor: Actor, change: Change) -> Change:
    """Reads once what has not been read yet after a change was sent; when that fails, the change stands as it was."""
    if change.looked_at is not None:
        return change
    if change.state == State.SUCCEEDED:
        _read_result(actor, change)
    elif change.state == State.UNKNOWN:
        # The audit may be held: what is known of the change is shown all the same, and looked up later.
        with suppress(OperationalError):
            _look(actor, change)
    return get_own(actor, change.pk)


def check_status(actor: Actor, change_id: UUID) -> Change:
    """Reads what became of a write: a result again, or whether one of unknown outcome was applied.

    Raises ChangeNotFound.

    The write is never repeated, whatever is found.
    """
    settle_stale()
    change = get_own(actor, change_id)
    if change.state == State.SUCCEEDED:
        _read_result(actor, change)
    elif change.state == State.UNKNOWN:
        _look(actor, change)
    return get_own(actor, change_id)


def settle_stale() -> int:
    """Makes rows unknown whose process died while it was sending, and writes lines that the audit is owed; how many.

    Whoever comes by does this for everybody: the person may never come back.
    """
    # Of a kind that this version does not know, a newer one takes care.
    rows = Change.objects.filter(verb__in=KINDS).select_related("user")
    stale = rows.filter(state=State.SENDING, sent_at__lt=stale_before())
    owed = rows.filter(state__in=_SETTLED, settled_at=None)
    count = 0
    try:
        for change in stale:
            count += _give_up(change)
        for change in owed:
            count += _tell_late(change)
    except OperationalError:
        # Somebody holds the audit: the next one who comes by tries again, and this one sees their page.
        logger.warning("changes that wait for their line in the audit could not be settled")
    return count


def _give_up(change: Change) -> bool:
    failure = "the process that sent it was stopped"
    with transaction.atomic():
        is_ours = (
            Change.objects.filter(pk=change.pk, state=State.SENDING, attempts=change.attempts)
            .filter(sent_at__lt=stale_before())
            .update(state=State.UNKNOWN, settled_at=timezone.now(), failure=failure)
        )
        if is_ours:
            _tell_of(change, State.UNKNOWN, failure=failure)
    return bool(is_ours)


def _tell_late(change: Change) -> bool:
    with transaction.atomic():
        owed = Change.objects.filter(
            pk=change.pk, state=change.state, settled_at=None, attempts=change.attempts
        )
        is_ours = owed.update(settled_at=timezone.now())
        if is_ours:
            _tell_of(
                change,
                State(change.state),
                note="the outcome could not be written down at once",
                failure=change.failure,
                upstream_status=change.upstream_status,
                upstream_request_id=change.upstream_request_id,
            )
    return bool(is_ours)


def _tell_of(change: Change, state: Change.State, **more: Any) -> None:
    actor = Actor(change.user, Door.PAGE, frozenset(), request_id=change.request_id)
    try:
        payload = Payload.of(change)
    except CannotUnseal:
        payload = Payload(ids=change.ids, before={}, wanted={})
    outcomes.tell(actor, kind_of(change.verb), change, payload, state, **more)


def _read_result(actor: Actor, change: Change) -> None:
    payload, kind = payload_of(actor, change), kind_of(change.verb)
    try:
        now = result(actor, kind, payload)
    except (AltostratError, InvalidIdentifier, NoToken, CannotUnseal):
        return
    outcomes.keep(change, payload.with_(now=now, is_gone=now is None), looked_at=timezone.now())


def _look(actor: Actor, change: Change) -> None:
    payload, kind = payload_of(actor, change), kind_of(change.verb)
    try:
        now = read_current_state_or_none(actor, kind, payload.ids)
    except (AltostratError, NoToken, CannotUnseal):
        found, now, is_gone = Found.CANNOT_TELL, None, False
    else:
        found, is_gone = kind.judge(payload, now), now is None
        if is_gone and not _is_around(actor, payload):
            # The token may have lost sight of all of it: that it is gone is not known.
            found, is_gone = Found.CANNOT_TELL, False
    _note_found(actor, kind, change, payload.with_(now=now, is_gone=is_gone), Found(found))


def _is_around(actor: Actor, payload: Payload) -> bool:
    """Whether the workspace of something that is gone can still be seen; true of a workspace that is gone itself."""
    workspace_id = payload.ids.get("workspace_id", "")
    if set(payload.ids) <= {"workspace_id"}:
        return True
    try:
        with client_for(actor, workspace_id) as client:
            client.retrieve_workspace(workspace_id)
    except (AltostratError, NoToken, CannotUnseal):
        return False
    return True


def _note_found(actor: Actor, kind: Kind, change: Change, payload: Payload, found: Change.Found) -> None:
    with transaction.atomic():
        # Confirmed meanwhile, by the very process that was taken for dead: that says more.
        row = Change.objects.select_for_update().filter(pk=change.pk, state=State.UNKNOWN).first()
        if row is None:
            return
        outcomes.keep(change, payload, found=found, looked_at=timezone.now())
        if row.found != found:
            outcomes.tell(
                actor,
                kind,
                change,
                payload,
                State.SUCCEEDED if found == Found.APPLIED else State.UNKNOWN,
                detail=f"looked again: {found}",
            )
