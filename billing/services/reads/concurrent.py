"""Several reads at the same time, with one token: a page takes as long as its slowest call, not as all of them.

The calls are made in threads of their own, which touch neither database nor request as long as somebody waits for them.
The token is chosen and opened once; what the calls tell of it, and the copies, are written down on the caller's thread.
What comes when nobody waits any more is written down by the thread that asked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, ShareTaken, TokenRejected
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.slots import KeyedSlots
from billing.models import AltostratToken
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.reads import access_log, in_flight, recording
from billing.services.reads.in_flight import Key, Outcome, UnderWay
from billing.services.storage import connections
from billing.services.tokens import kept_copies, upstream
from billing.services.tokens.kept_copies import Read

T = TypeVar("T")

__all__ = ("Failed", "Kept", "Late", "Live", "Read", "Result", "read")


@dataclass(frozen=True, slots=True)
class Live(Generic[T]):
    """Altostrat has just said so."""

    answer: Answer[T]


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """Altostrat could not be asked, as `why` says; `answer` is a copy of the last time."""

    answer: Answer[T]
    why: AltostratError


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, and no copy that could stand in for it."""

    error: AltostratError


@dataclass(frozen=True, slots=True)
class Late(Generic[T]):
    """No answer yet, and nobody waits for it any more; `copy` is that of the last time, if there is one."""

    copy: Answer[T] | None


Result = Live[Any] | Kept[Any] | Failed | Late[Any]

# A page that waits holds a thread, of 64 in a process, even where it sends nothing because another one has asked: so
# many at a time for one token. One page that is late asks for eleven panels.
_PAGES_OF_ONE: Final = 16
_PAGE_WAIT_SECONDS: Final = 1.0
_pages = KeyedSlots(_PAGES_OF_ONE)


def read(
    actor: Actor,
    workspace_id: str,
    reads: Mapping[str, Read[Any]],
    *,
    wait_seconds: float | None = None,
    picks_up: bool = False,
) -> dict[str, Result]:
    """What each read gave, under its name. After `wait_seconds`, those still under way are Late.

    A read that is under way already, with the same token, is joined. With `picks_up`, an answer will do that came a few
    seconds ago, for a page that was late: it is as old as its `received_at` says.

    Raises NotPermitted, NoToken, `vault.CannotUnseal`, InvalidIdentifier (of any of them, with nothing sent), and no
    AltostratError: those are in the results.
    """
    actor.require(Permission.BILLING_READ)
    for wanted in reads.values():
        if not wanted.operation.is_read:
            raise TypeError(f"{wanted.operation.name} is no read.")
        wanted.operation.path(wanted.path, wanted.query)
    ends_at = None if wait_seconds is None else time.monotonic() + wait_seconds
    asking = _Asking(actor, tokens.choose(actor.user, workspace_id), ends_at, picks_up=picks_up)
    outcomes = asking.for_all(reads)
    asking.write_down()
    results = _results(asking.row, reads, outcomes)
    access_log.record(actor, [(reads[name], _shown(result)) for name, result in results.items()])
    return results


def copies(
    actor: Actor, workspace_id: str, reads: Mapping[str, Read[Any]], why: AltostratError
) -> dict[str, Result]:
    """The copies of these reads, without asking Altostrat, which has just failed so; Failed where there is none.

    Raises NotPermitted, NoToken.
    """
    actor.require(Permission.BILLING_READ)
    row = tokens.choose(actor.user, workspace_id)
    return _results(row, reads, dict.fromkeys(reads, why))


class _Asking:
    """The reads of one page, with one token."""

    def __init__(self, actor: Actor, row: AltostratToken, ends_at: float | None, *, picks_up: bool) -> None:
        self.row = row
        self._actor, self._ends_at, self._picks_up = actor, ends_at, picks_up
        self._client = upstream.client(tokens.unseal(row), share=str(row.pk), request_id=actor.request_id)
        self._came: list[tuple[Read[Any], Outcome, UnderWay]] = []

    def for_all(self, reads: Mapping[str, Read[Any]]) -> dict[str, Outcome]:
        """What came of them in time."""
        page = str(self.row.pk)
        connections.release_connection()
        left = _PAGE_WAIT_SECONDS if self._ends_at is None else self._ends_at - time.monotonic()
        if not _pages.acquire(page, min(left, _PAGE_WAIT_SECONDS)):
            return {name: _share_taken(wanted) for name, wanted in reads.items()}
        try:
            found = self._ask(reads)
            # One 401 beside an answer of the same moment need not be about the token: it is asked once more.
            doubted = {
                name: reads[name] for name, outcome in found.items() if isinstance(outcome, TokenRejected)
            }
            if doubted and any(isinstance(outcome, Answer) for outcome in found.values()):
                self._came = [one for one in self._came if not isinstance(one[1], TokenRejected)]
                found = {name: outcome for name, outcome in found.items() if name not in doubted}
                found |= self._ask(doubted)
        finally:
            _pages.release(page)
        return found

    def write_down(self) -> None:
        """What came: each once, by whichever page takes care of it; but a refusal by all."""
        recording.write_down(
            self._actor,
            self.row,
            [
                (wanted, outcome)
                for wanted, outcome, way in self._came
                if in_flight.takes_care(way) or isinstance(outcome, TokenRejected)
            ],
        )

    def _ask(self, reads: Mapping[str, Read[Any]]) -> dict[str, Outcome]:
        keys = {name: kept_copies.key_of(self.row, wanted) for name, wanted in reads.items()}
        since = self._joins_since(keys)
        ways: dict[str, UnderWay] = {}
        for name, key in keys.items():
            ways[name], is_new = in_flight.enter(key, since=since, picks_up=self._picks_up)
            if is_new:
                self._begin(ways[name], reads[name])
        connections.release_connection()
        found = in_flight.outcomes(ways, self._ends_at)
        for outcome in found.values():
            if not isinstance(outcome, Answer | AltostratError):
                raise outcome
        self._came += [(reads[name], outcome, ways[name]) for name, outcome in found.items()]
        return found

    def _joins_since(self, keys: Mapping[str, Key]) -> datetime:
        """Reads that began before this moment are not joined: they may not know what was written since."""
        if self.row.status == AltostratToken.Status.REFUSED:
            return datetime.max.replace(tzinfo=UTC)
        return recording.last_write(self.row) if in_flight.is_any(keys) else recording.NEVER

    def _begin(self, way: UnderWay, wanted: Read[Any]) -> None:
        try:
            upstream.count_request(str(self.row.pk))
            in_flight.ask(
                way, lambda: self._call(wanted), lambda outcome: self._came_late(way, wanted, outcome)
            )
        except BaseException as error:  # noqa: BLE001 - raised again by `_ask`, for all who have joined
            in_flight.finish(way, error)

    def _call(self, wanted: Read[Any]) -> Answer[Any]:
        return self._client.call(wanted.operation, wanted.query, wanted.body, **wanted.path)

    def _came_late(self, way: UnderWay, wanted: Read[Any], outcome: Outcome) -> None:
        def again() -> Outcome:
            try:
                upstream.count_request(str(self.row.pk))
                return self._call(wanted)
            except AltostratError as error:
                return error

        try:
            recording.write_down_late(self._actor, self.row, wanted, way.began_at, outcome, again)
        finally:
            connections.close()


def _share_taken(wanted: Read[Any]) -> ShareTaken:
    operation = wanted.operation
    return ShareTaken(operation.method, operation.path_template, None, None, FailureReason.SHARE_TAKEN)


def _shown(result: Result) -> access_log.Shown:
    match result:
        case Live(answer):
            return answer
        case Kept(_, why):
            return access_log.Copy(why)
        case Failed(error):
            return error
        case Late(copy):
            return None if copy is None else access_log.Copy(None)


def _results(
    row: AltostratToken, reads: Mapping[str, Read[Any]], outcomes: Mapping[str, Outcome]
) -> dict[str, Result]:
    missing = {
        name: wanted
        for name, wanted in reads.items()
        if (error := outcomes.get(name)) is None
        or (isinstance(error, AltostratError) and kept_copies.helps_with(error))
    }
    copies = kept_copies.find(row, missing)
    results: dict[str, Result] = {}
    for name in reads:
        outcome, copy = outcomes.get(name), copies.get(name)
        if isinstance(outcome, Answer):
            results[name] = Live(outcome)
        elif isinstance(outcome, AltostratError):
            results[name] = Failed(outcome) if copy is None else Kept(copy, outcome)
        else:
            results[name] = Late(copy)
    return results
