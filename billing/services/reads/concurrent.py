"""One round of concurrent calls: each in its own thread, or joined if the same read is in flight already.

The threads use neither database nor request as long as someone waits for them. A late outcome is recorded by the thread
of its call.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Final

from billing.altostrat.client import AltostratClient, Answer
from billing.altostrat.errors import AltostratError, CircuitOpen, DeadlinePassed, ShareTaken, TokenRejected
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.deadlines import request_ends_at
from billing.models import AltostratToken
from billing.services.actor import Actor
from billing.services.reads import in_flight, recording
from billing.services.reads.in_flight import Outcome, PendingRead
from billing.services.reads.waiting import WAIT_SECONDS, waiting_slots
from billing.services.storage import connections
from billing.services.tokens import kept_copies, upstream
from billing.services.tokens.kept_copies import Read

# A page that can show a copy waits no longer for the answer.
_COPY_WAIT_SECONDS: Final = 1.0

WithCopy = Callable[[Mapping[str, Read[Any]]], set[str]]


class Round:
    """Reads that start together, with one token."""

    def __init__(
        self,
        actor: Actor,
        row: AltostratToken,
        client: AltostratClient,
        ends_at: float | None,
        *,
        reuse_recent: bool,
        with_copy: WithCopy | None,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Prepare a round. The reads that are `with_copy` are late after a second."""
        self._actor, self._row, self._client, self._meanwhile = actor, row, client, meanwhile
        self._with_copy = with_copy
        self._can_be_late, self._reuse_recent = ends_at is not None, reuse_recent
        self._ends_at = min(math.inf if ends_at is None else ends_at, request_ends_at())
        self._done: list[tuple[Read[Any], Outcome, PendingRead]] = []

    def outcomes(self, reads: Mapping[str, Read[Any]]) -> dict[str, Outcome]:
        """Return the outcomes that arrive in time, by name. Without `ends_at`, DeadlinePassed for those that do not."""
        refused = _failed(
            {name: read for name, read in reads.items() if self._is_refused(read)},
            CircuitOpen,
            FailureReason.CIRCUIT_OPEN,
        )
        return refused | self._outcomes({name: read for name, read in reads.items() if name not in refused})

    def _is_refused(self, read: Read[Any]) -> bool:
        # Checked here as well, because a thread for each read costs more than the rest of a page with copies.
        return upstream.transport().refuses(str(self._row.pk), read.operation.target(read.path))

    def _outcomes(self, reads: Mapping[str, Read[Any]]) -> dict[str, Outcome]:
        if not reads:
            return {}
        share = str(self._row.pk)
        connections.release_connection()
        left = self._ends_at - time.monotonic()
        if time.monotonic() >= request_ends_at():
            return _failed(reads, DeadlinePassed, FailureReason.NO_TIME_LEFT)
        if not waiting_slots().acquire(share, min(left, WAIT_SECONDS)):
            return _failed(reads, ShareTaken, FailureReason.SHARE_TAKEN)
        try:
            found = self._read(reads)
            # A 401 next to an answer of the same moment may not be about the token: that read is repeated once.
            doubted = {
                name: reads[name] for name, outcome in found.items() if isinstance(outcome, TokenRejected)
            }
            if doubted and any(isinstance(outcome, Answer) for outcome in found.values()):
                self._done = [one for one in self._done if not isinstance(one[1], TokenRejected)]
                found = {name: outcome for name, outcome in found.items() if name not in doubted}
                found |= self._read(doubted)
        finally:
            waiting_slots().release(share)
        if self._can_be_late:
            return found
        return _failed(reads, DeadlinePassed, FailureReason.DEADLINE) | found

    def record(self) -> None:
        """Record each outcome once, even if several pages have it, but a refused token every time."""
        claimed = [
            (read, outcome)
            for read, outcome, pending in self._done
            if in_flight.claim(pending) or isinstance(outcome, TokenRejected)
        ]
        recording.record_outcomes(self._actor, self._row, claimed)

    def _read(self, reads: Mapping[str, Read[Any]]) -> dict[str, Outcome]:
        keys = {name: kept_copies.key_of(self._row, read) for name, read in reads.items()}
        since = recording.joinable_since(self._row, in_flight.oldest(keys.values()))
        pending: dict[str, PendingRead] = {}
        with ExitStack() as joined:
            for name, key in keys.items():
                pending[name], is_new = in_flight.join(key, since=since, reuse_recent=self._reuse_recent)
                if is_new:
                    self._start(pending[name], reads[name])
                else:
                    target = reads[name].operation.target(reads[name].path)
                    waiting = upstream.transport().waiting(str(self._row.pk), target, pending[name].began)
                    joined.enter_context(waiting)
            return self._wait(reads, pending)

    def _wait(self, reads: Mapping[str, Read[Any]], pending: Mapping[str, PendingRead]) -> dict[str, Outcome]:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        connections.release_connection()
        replaced = self._replaceable(reads, pending)
        found = in_flight.outcomes({name: pending[name] for name in replaced}, time.monotonic())
        others = {name: one for name, one in pending.items() if name not in replaced}
        found |= in_flight.outcomes(others, self._ends_at if math.isfinite(self._ends_at) else None)
        for outcome in found.values():
            if not isinstance(outcome, Answer | AltostratError):
                raise outcome
        self._done += [(reads[name], outcome, pending[name]) for name, outcome in found.items()]
        return found

    def _replaceable(self, reads: Mapping[str, Read[Any]], pending: Mapping[str, PendingRead]) -> set[str]:
        """Return the names of the reads that are late, but have a copy."""
        if self._with_copy is None or self._ends_at - time.monotonic() <= _COPY_WAIT_SECONDS:
            return set()
        slow = in_flight.slow(pending, _COPY_WAIT_SECONDS)
        replaceable = self._with_copy({name: reads[name] for name in slow}) if slow else set()
        connections.release_connection()
        return replaceable

    def _start(self, pending: PendingRead, read: Read[Any]) -> None:
        try:
            in_flight.start(
                pending,
                lambda: self._call(read),
                lambda outcome: self._record_late(pending, read, outcome),
            )
        except BaseException as error:  # noqa: BLE001 - raised again by `_read`, for all who have joined
            in_flight.finish(pending, error)

    def _call(self, read: Read[Any]) -> Answer[Any]:
        return self._client.call(read.operation, read.query, read.body, **read.path)

    def _record_late(self, pending: PendingRead, read: Read[Any], outcome: Outcome) -> None:
        def repeat() -> Outcome:
            try:
                return self._call(read)
            except AltostratError as error:
                return error

        try:
            recording.record_late_outcome(self._actor, self._row, read, pending.began_at, outcome, repeat)
        finally:
            connections.close()


def _failed(
    reads: Mapping[str, Read[Any]], kind: type[AltostratError], reason: FailureReason
) -> dict[str, Outcome]:
    return {name: read.operation.error(kind, reason) for name, read in reads.items()}
