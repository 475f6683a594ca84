"""Several reads at the same time, with one token: a page takes as long as its slowest call, not as all of them.

The calls are made in threads of their own, which never touch the database, the cache or the request. The token is
chosen and opened once; what the calls tell of it, and the copies, are written down on the caller's thread.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from billing.altostrat.client import AltostratClient, Answer
from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected, nothing_was_sent
from billing.models import AltostratToken
from billing.roles import Permission
from billing.services import database, kept_copies, readings, tokens, upstream
from billing.services.actor import Actor
from billing.services.kept_copies import Read

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
_Outcome = Answer[Any] | AltostratError | BaseException


def read(
    actor: Actor,
    workspace_id: str,
    reads: Mapping[str, Read[Any]],
    *,
    wait_seconds: float | None = None,
) -> dict[str, Result]:
    """What each read gave, under its name. After `wait_seconds`, those still under way are Late.

    Raises NotPermitted, NoToken, `vault.CannotUnseal`, InvalidIdentifier (of any of them, with nothing sent), and no
    AltostratError: those are in the results.
    """
    actor.require(Permission.BILLING_READ)
    for wanted in reads.values():
        if not wanted.operation.is_read:
            raise TypeError(f"{wanted.operation.name} is no read.")
        wanted.operation.path(wanted.path, wanted.query)
    row = tokens.choose(actor.user, workspace_id)
    client = upstream.client(tokens.unseal(row), share=str(row.pk), request_id=actor.request_id)
    outcomes = _outcomes(client, row, reads, wait_seconds)
    _write_down(actor, row, reads, outcomes)
    results = _results(row, reads, outcomes)
    readings.record(actor, [(reads[name], _shown(result)) for name, result in results.items()])
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


def _outcomes(
    client: AltostratClient,
    row: AltostratToken,
    reads: Mapping[str, Read[Any]],
    wait_seconds: float | None,
) -> dict[str, _Outcome]:
    ends_at = None if wait_seconds is None else time.monotonic() + wait_seconds
    found: dict[str, _Outcome] = {}
    answers: queue.SimpleQueue[tuple[str, _Outcome]] = queue.SimpleQueue()
    for name, wanted in reads.items():
        try:
            upstream.spend(str(row.pk))
        except AltostratError as error:
            found[name] = error
            continue
        # Daemons: a call that nobody waits for any more does not hold up the end of the process.
        # Each with the caller's context, so that the log says which request a call was made for.
        arguments = (_ask, client, name, wanted, answers)
        threading.Thread(target=copy_context().run, args=arguments, daemon=True).start()
    database.let_go()
    while len(found) < len(reads):
        try:
            left = None if ends_at is None else max(ends_at - time.monotonic(), 0)
            name, outcome = answers.get(timeout=left)
        except queue.Empty:
            break
        found[name] = outcome
    for outcome in found.values():
        if not isinstance(outcome, Answer | AltostratError):
            raise outcome
    return found


def _ask(
    client: AltostratClient,
    name: str,
    wanted: Read[Any],
    answers: queue.SimpleQueue[tuple[str, _Outcome]],
) -> None:
    outcome: _Outcome
    try:
        outcome = client.call(wanted.operation, wanted.query, wanted.body, **wanted.path)
    except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits for it
        outcome = error
    answers.put((name, outcome))


def _write_down(
    actor: Actor, row: AltostratToken, reads: Mapping[str, Read[Any]], outcomes: Mapping[str, _Outcome]
) -> None:
    errors = [outcome for outcome in outcomes.values() if isinstance(outcome, AltostratError)]
    sent = [error for error in errors if not nothing_was_sent(error)]
    rejected = next((error for error in sent if isinstance(error, TokenRejected)), None)
    if rejected is not None:
        tokens.note(actor, row, rejected)
        return
    answered = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Answer)}
    if answered or sent:
        tokens.note(actor, row, None if answered else sent[0])
    gone = [reads[name] for name, outcome in outcomes.items() if isinstance(outcome, (NotAllowed, NotFound))]
    if gone:
        kept_copies.forget(row, gone)
    if answered:
        kept_copies.keep(row, [(reads[name], answer) for name, answer in answered.items()])


def _shown(result: Result) -> readings.Shown:
    match result:
        case Live(answer):
            return answer
        case Kept(_, why):
            return readings.Copy(why)
        case Failed(error):
            return error
        case Late(copy):
            return None if copy is None else readings.Copy(None)


def _results(
    row: AltostratToken, reads: Mapping[str, Read[Any]], outcomes: Mapping[str, _Outcome]
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
