"""A step of a walk: calls side by side, within the token's budget, for a second or two; then one write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import (
    AltostratError,
    DeadlinePassed,
    Overloaded,
    RateLimited,
    TokenRejected,
    Unreachable,
)
from billing.altostrat.identifiers import InvalidIdentifier
from billing.services import database, tokens, upstream
from billing.services.actor import Actor
from billing.services.scan import store, tasks
from billing.services.scan.store import Claim, Task
from billing.services.scan.tasks import Outcome

_SIDE_BY_SIDE: Final = 6
# What ends without an answer, or is asked to wait, is tried again at the end; then it has failed by itself.
_TRIES: Final = 2
# So many tries without an answer, and none with one: nobody is there, and the rest would only wait.
_NOBODY_THERE: Final = 3
_WORTH_ANOTHER_TRY: Final = (Unreachable, DeadlinePassed, RateLimited, Overloaded)


class Step:
    """One step, for one request. No new call is begun after `until`."""

    def __init__(self, actor: Actor, claims: Sequence[Claim], until: float) -> None:
        self._actor, self._claims, self._until = actor, claims, until
        self._clients: dict[int, AltostratClient] = {}
        self._running: dict[Future[Outcome], tuple[Claim, Task]] = {}
        self._silences: dict[int, int] = {}
        self._answered: set[int] = set()
        self._doubted: list[tuple[Claim, Task]] = []
        self._refusals: list[tuple[Claim, TokenRejected]] = []

    def run(self) -> None:
        """Calls, then writes. Raises TokenRejected when the default token is refused, `vault.CannotUnseal`."""
        try:
            for claim in self._claims:
                token = tokens.unseal(claim.token)
                client = upstream.client(
                    token,
                    share=str(claim.token.pk),
                    request_id=self._actor.request_id,
                    is_walking=True,
                )
                self._clients[id(claim)] = client
            database.let_go()
            with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
                self._work(pool)
            for claim in self._claims:
                self._ask_again(claim)
        finally:
            for claim, task in self._running.values():
                claim.queue.appendleft(task)
            for claim in self._claims:
                store.save(claim)
        self._keep_book()

    def _work(self, pool: ThreadPoolExecutor) -> None:
        while True:
            for claim in self._claims:
                while (task := self._next(claim)) is not None:
                    # With the request's context: its log lines bear the request's id.
                    call = partial(
                        copy_context().run, tasks.run, self._clients[id(claim)], task, claim.sought
                    )
                    self._running[pool.submit(call)] = (claim, task)
            if not self._running:
                return
            for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                claim, task = self._running.pop(future)
                self._take(claim, task, future)

    def _next(self, claim: Claim) -> Task | None:
        """What to do next, paid for; None for nothing, for now."""
        over = time.monotonic() >= self._until or len(self._running) >= _SIDE_BY_SIDE
        if over or claim.resume_at is not None or claim.is_stopped or not claim.queue:
            return None
        room, seconds = upstream.room(str(claim.token.pk))
        price = tasks.cost(claim.queue[0])
        if room < price:
            self._pause(claim, seconds)
            return None
        try:
            for _ in range(price):
                upstream.spend(str(claim.token.pk))
        except RateLimited as error:  # others of this token's were faster
            self._pause(claim, error.retry_after_seconds)
            return None
        return claim.queue.popleft()

    def _take(self, claim: Claim, task: Task, future: Future[Outcome]) -> None:
        try:
            outcome = future.result()
        except TokenRejected as error:
            if task["do"] in {"workspaces", "workspace"}:
                self._refuse(claim, error)
            else:
                self._doubted.append((claim, task))
        except _WORTH_ANOTHER_TRY as error:
            self._try_again(claim, task, error)
        except (AltostratError, InvalidIdentifier) as error:
            self._fail(claim, task, error)
        else:
            self._answered.add(id(claim))
            claim.found += outcome.found
            claim.queue.extend(outcome.more)
            claim.done += 1
            if outcome.missing:
                claim.failed.append({**tasks.subject(task), "error": "", "note": outcome.missing})
            if outcome.is_hit:
                for one in self._claims:
                    one.queue.clear()

    def _try_again(self, claim: Claim, task: Task, error: AltostratError) -> None:
        if isinstance(error, (RateLimited, Overloaded)):
            self._pause(claim, error.retry_after_seconds)
        elif task["do"] != "workspaces":
            self._silences[id(claim)] = self._silences.get(id(claim), 0) + 1
        tries = int(task.get("tries", 0)) + 1
        if tries >= _TRIES or (
            task["do"] == "workspaces" and not isinstance(error, (RateLimited, Overloaded))
        ):
            self._fail(claim, task, error)
            return
        claim.queue.append({**task, "tries": tries})

    def _fail(self, claim: Claim, task: Task, error: AltostratError | InvalidIdentifier) -> None:
        if task["do"] == "workspaces":  # without the list there is nothing to walk over
            claim.queue.appendleft({"do": task["do"], "without": task["without"]})
            claim.is_stopped, claim.trouble = True, _told(error)
        else:
            claim.done += 1
            claim.failed.append({**tasks.subject(task), **_told(error)})

    def _ask_again(self, claim: Claim) -> None:
        """A 401 about one account among others need not be about the token, nor silence about Altostrat: one more call,
        for the workspaces, tells."""
        doubted = [task for mine, task in self._doubted if mine is claim]
        is_silent = self._silences.get(id(claim), 0) >= _NOBODY_THERE and id(claim) not in self._answered
        if claim.is_stopped or not (doubted or is_silent):
            return
        bound = "" if claim.token.is_default else claim.token.workspace_id
        task = (
            {"do": "workspace", "workspace": {"id": bound}} if bound else {"do": "workspaces", "without": []}
        )
        try:
            upstream.spend(str(claim.token.pk))
            tasks.run(self._clients[id(claim)], task)
        except TokenRejected as error:
            self._refuse(claim, error)
        except AltostratError as error:
            claim.queue.extend(doubted)
            claim.is_stopped, claim.trouble = True, _told(error)
        else:
            for task in doubted:
                self._fail(claim, task, TokenRejected("GET", "/", 401))

    def _refuse(self, claim: Claim, error: TokenRejected) -> None:
        claim.is_stopped = True
        self._refusals.append((claim, error))

    def _pause(self, claim: Claim, seconds: int | None) -> None:
        claim.resume_at = timezone.now() + timedelta(seconds=min(seconds or 10, 120))

    def _keep_book(self) -> None:
        """What Altostrat thinks of the tokens."""
        refused = {id(claim) for claim, _ in self._refusals}
        for claim in self._claims:
            if claim.found and id(claim) not in refused:
                tokens.note(self._actor, claim.token)
        for claim, error in self._refusals:
            tokens.note(self._actor, claim.token, error)
        for claim, error in self._refusals:
            if claim.token.is_default:
                raise error


def _told(error: AltostratError | InvalidIdentifier) -> dict[str, Any]:
    return {"error": type(error).__name__, "status": getattr(error, "status", None)}
