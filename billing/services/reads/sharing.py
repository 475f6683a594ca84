"""Reads of programs: equal reads in flight share one call, and a short copy replaces one if the caller accepts it."""

from __future__ import annotations

import math
import time
from copy import copy
from typing import Any, TypeVar

from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, CircuitOpen, DeadlinePassed, ShareTaken
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.deadlines import request_ends_at
from billing.models import AltostratToken
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import in_flight, recording, short_copies
from billing.services.reads.in_flight import PendingRead
from billing.services.reads.results import Copied, Failed, Live
from billing.services.reads.waiting import WAIT_SECONDS, waiting_slots
from billing.services.storage import connections
from billing.services.tokens import kept_copies, upstream
from billing.services.tokens.kept_copies import Key, Read

T = TypeVar("T")


def read_shared(
    actor: Actor, workspace_id: str, read: Read[T], permission: Permission, *, max_age_seconds: int = 0
) -> tuple[Answer[T], int | None]:
    """Return an answer; with a copy, which may be `max_age_seconds` old, also its age.

    Raise as `read_live`, and BudgetSpent.
    """
    actor.require(permission)
    row, token = tokens.open_recent(actor.user, workspace_id)
    key = kept_copies.key_of(row, read)
    if max_age_seconds and (found := short_copies.find(row, key, max_age_seconds)) is not None:
        if actor.caller is not None:
            actor.caller.spend()
        recording.log_access(actor, [(read, Copied(found.answer))])
        return found.answer, int(found.age_seconds)
    began_at, began = timezone.now() if max_age_seconds else recording.NEVER, time.monotonic()
    try:
        answer = _read(actor, row, token, read, key)
    except AltostratError as error:
        short_copies.remove(key)
        recording.log_access(actor, [(read, Failed(error))])
        raise
    recording.log_access(actor, [(read, Live(answer))])
    if max_age_seconds:
        short_copies.keep(read, key, answer, began_at, began)
    else:
        short_copies.remove(key)
    return answer, None


def _read(actor: Actor, row: AltostratToken, token: BearerToken, read: Read[T], key: Key) -> Answer[T]:
    """Call Altostrat, or wait for the answer to the same read if it is in flight and may still be answered."""
    operation = read.operation
    if upstream.transport().refuses(str(row.id), operation.target(read.path)):
        raise operation.error(CircuitOpen, FailureReason.CIRCUIT_OPEN)
    budget, oldest = upstream.budget_of(token), in_flight.oldest((key,))
    # The cost of a shared call is counted first, so that no caller waits for a call that another budget prevents.
    if oldest is None:
        upstream.spend(budget, actor.caller)
    elif actor.caller is not None:
        actor.caller.spend()
    since = recording.joinable_since(row, oldest)
    pending, is_new = in_flight.join(key, since=since, reuse_recent=False)
    if not is_new:
        return _joined(row, read, pending)
    client = tokens.client_with(actor, row, token, counted=budget)
    try:
        if oldest is not None:  # it ended in the meantime
            upstream.spend(budget)
        answer = client.call(operation, read.query, read.body, **read.path)
    except BaseException as error:
        in_flight.finish(pending, error)
        if isinstance(error, AltostratError):
            tokens.record_result(actor, row, error)
        raise
    in_flight.finish(pending, answer)
    tokens.record_result(actor, row)
    return answer


def _joined(row: AltostratToken, read: Read[Any], pending: PendingRead) -> Answer[Any]:
    connections.release_connection()
    operation, share = read.operation, str(row.pk)
    if not waiting_slots().acquire(share, WAIT_SECONDS):
        raise operation.error(ShareTaken, FailureReason.SHARE_TAKEN)
    try:
        ends_at = request_ends_at()
        with upstream.transport().waiting(share, operation.target(read.path), pending.began):
            outcome = in_flight.outcomes({"": pending}, ends_at if math.isfinite(ends_at) else None).get("")
    finally:
        waiting_slots().release(share)
    if outcome is None:
        raise operation.error(DeadlinePassed, FailureReason.DEADLINE)
    if isinstance(outcome, Answer):
        return outcome
    raise copy(outcome)
