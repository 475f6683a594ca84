"""Reads with one of the actor's tokens: several at once, with copies if Altostrat is unavailable, or one live read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from django.utils import timezone
from django.utils.functional import cached_property

from billing import metrics
from billing.altostrat.client import AltostratClient, Answer
from billing.altostrat.errors import AltostratError, Overloaded
from billing.altostrat.failure_reasons import FailureReason
from billing.models import AltostratToken
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import copy_slots, masked, recording
from billing.services.reads.concurrent import Round
from billing.services.reads.in_flight import Outcome
from billing.services.reads.results import Copied, Failed, Kept, Late, Live, Result
from billing.services.storage import connections
from billing.services.tokens import kept_copies, upstream
from billing.services.tokens.kept_copies import Read

T = TypeVar("T")

_RECENT: Final = timedelta(seconds=30)


def read(
    actor: Actor,
    workspace_id: str,
    reads: Mapping[str, Read[Any]],
    *,
    wait_seconds: float | None = None,
    allow_copies: bool = True,
) -> dict[str, Result]:
    """Return the result of each read, by name: see `Reader.read`. Files do not `allow_copies`."""
    reader = Reader(actor, workspace_id, allow_copies=allow_copies)
    # A page that showed a copy shows the answer that was late when it is opened again.
    return reader.read(reads, wait_seconds=wait_seconds, reuse_recent=allow_copies)


def read_live(
    actor: Actor, workspace_id: str, read: Read[T], permission: Permission = Permission.BILLING_READ
) -> Answer[T]:
    """Return a live answer, never a copy. Raise NotPermitted, NoToken, InvalidIdentifier, AltostratError."""
    actor.require(permission)
    try:
        with tokens.client_for(actor, workspace_id) as client:
            answer = client.call(read.operation, read.query, read.body, **read.path)
    except AltostratError as error:
        recording.log_access(actor, [(read, Failed(error))])
        raise
    recording.log_access(actor, [(read, Live(answer))])
    return masked.answer_for(actor, read, answer)


def find_copies(actor: Actor, workspace_id: str, reads: Mapping[str, Read[Any]]) -> dict[str, Answer[Any]]:
    """Return the copies of these reads, by name. Raise NotPermitted, NoToken."""
    actor.require(Permission.BILLING_READ)
    found = kept_copies.find(tokens.choose(actor.user, workspace_id), reads)
    return masked.answers_for(actor, reads, found)


class Reader:
    """The reads of one page. All are about one workspace and use one of the actor's tokens."""

    def __init__(self, actor: Actor, workspace_id: str, *, allow_copies: bool = True) -> None:
        """Raise NotPermitted."""
        actor.require(Permission.BILLING_READ)
        self._actor, self._workspace_id, self._allow_copies = actor, workspace_id, allow_copies

    def read(
        self,
        reads: Mapping[str, Read[Any]],
        *,
        wait_seconds: float | None = None,
        reuse_recent: bool = False,
        reuse_copies: bool = False,
        meanwhile: Callable[[], object] | None = None,
        is_patient: bool = False,
    ) -> dict[str, Result]:
        """Return the result of each read, by name. After `wait_seconds`, the reads that are still in flight are Late.

        A read with a copy waits a second at most, and not at all if it has been in flight for longer; a part of a page
        that shows the copy already `is_patient`.

        A read that is in flight with the same token is joined. `reuse_recent` accepts an answer that a late page
        received a few seconds ago, and `reuse_copies` a copy of the last 30 seconds, which is Copied, unless the same
        read has failed since. `received_at` is the time of an answer. `meanwhile` is work to do while the reads are in
        flight, if any has to be sent.

        Raise NoToken, `vault.CannotUnseal` and InvalidIdentifier, with nothing sent, and Overloaded if too many pages
        show copies. Another AltostratError is not raised, but is in the results.
        """
        for one in reads.values():
            if not one.operation.is_read:
                raise TypeError(f"{one.operation.name} is not a read.")
            one.operation.path(one.path, one.query)
        ends_at = None if wait_seconds is None else time.monotonic() + wait_seconds
        reused = self._recent_copies(reads) if reuse_copies else {}
        missing = {name: one for name, one in reads.items() if name not in reused}
        if not missing:
            return masked.results_for(self._actor, reads, reused)
        calls = Round(
            self._actor,
            self._row,
            self._client,
            ends_at,
            reuse_recent=reuse_recent,
            with_copy=self._with_copy if self._allow_copies and not is_patient else None,
            meanwhile=meanwhile,
        )
        return masked.results_for(self._actor, reads, reused | self._read(calls, missing))

    @cached_property
    def _row(self) -> AltostratToken:
        return tokens.choose(self._actor.user, self._workspace_id)

    @cached_property
    def _client(self) -> AltostratClient:
        token = tokens.unseal(self._row)
        return upstream.client(token, share=str(self._row.pk), request_id=self._actor.request_id)

    def _recent_copies(self, reads: Mapping[str, Read[Any]]) -> dict[str, Result]:
        copies = kept_copies.find(self._row, reads, since=timezone.now() - _RECENT)
        return {name: Copied(answer) for name, answer in copies.items()}

    def _with_copy(self, reads: Mapping[str, Read[Any]]) -> set[str]:
        """Return the names of the reads whose copies may replace late answers: they include the person's last write."""
        return kept_copies.names(self._row, reads, since=recording.last_write(self._row))

    def _read(self, calls: Round, reads: Mapping[str, Read[Any]]) -> dict[str, Result]:
        copy_slots.release()
        outcomes = calls.outcomes(reads)
        calls.record()
        if is_answered := any(isinstance(outcome, Answer) for outcome in outcomes.values()):
            copy_slots.slot.answered()
        copies = self._replacements(reads, outcomes, is_answered) if self._allow_copies else {}
        results = {name: _result(outcomes.get(name), copies.get(name)) for name in reads}
        recording.log_access(self._actor, [(reads[name], result) for name, result in results.items()])
        return results

    def _replacements(
        self, reads: Mapping[str, Read[Any]], outcomes: Mapping[str, Outcome], is_answered: bool
    ) -> dict[str, Answer[Any]]:
        """Return copies for the reads that are late, or failed because Altostrat is unavailable.

        Raise Overloaded if none of the reads is answered, and too many pages show copies.
        """
        errors = {name: outcomes.get(name) for name in reads}
        unavailable = {
            name: reads[name]
            for name, error in errors.items()
            if error is None or (isinstance(error, AltostratError) and kept_copies.can_replace(error))
        }
        if not kept_copies.names(self._row, unavailable):
            return {}
        connections.release_connection()
        if not is_answered and not copy_slots.acquire():
            operation = next(iter(unavailable.values())).operation
            raise operation.error(Overloaded, FailureReason.BUSY)
        copies = kept_copies.find(self._row, unavailable)
        kept_copies.mark_needed(self._row, [reads[name] for name in copies])
        return copies


def _result(outcome: Outcome | None, copy: Answer[Any] | None) -> Result:
    match outcome:
        case Answer():
            return Live(outcome)
        case AltostratError():
            if copy is None:
                return Failed(outcome)
            metrics.COPIES_SERVED.labels("unavailable").inc()
            return Kept(copy, outcome)
    if copy is not None:
        metrics.COPIES_SERVED.labels("late").inc()
    return Late(copy)
