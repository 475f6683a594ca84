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
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans import store, tasks
from billing.services.scans.store import Claim, Task
from billing.services.scans.tasks import Outcome
from billing.services.storage import connections
from billing.services.tokens import kept_copies, upstream

_SIDE_BY_SIDE: Final = 6
# What ends without an answer, or is asked to wait, is tried again at the end; then it has failed by itself.
_TRIES: Final = 2
# So many tries without an answer, and none with one: nobody is there, and the rest would only wait.
_NOBODY_THERE: Final = 3
# So long until one call tries whether somebody is there again.
_AWAY_SECONDS: Final = 5


class Step:
    """One step, for one request. No new call is begun after `until`."""

    def __init__(self, actor: Actor, claims: Sequence[Claim], until: float) -> None:
        self._actor, self._claims, self._until = actor, claims, until
        self._clients: dict[int, AltostratClient] = {}
        self._running: dict[Future[Outcome], tuple[Claim, Task]] = {}
        self._silent: list[tuple[Claim, Task, AltostratError]] = []
        self._answered: set[int] = set()
        self._is_over = False
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
                    is_for_scan=True,
                )
                self._clients[id(claim)] = client
            connections.release_connection()
            for claim in self._claims:
                self._look_whether_it_is_back(claim)
            with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
                self._work(pool)
            for claim in self._claims:
                self._decide(claim)
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
        room, seconds = upstream.remaining_requests(str(claim.token.pk))
        price = tasks.cost(claim.queue[0])
        if room < price:
            self._pause(claim, seconds)
            return None
        try:
            for _ in range(price):
                upstream.count_request(str(claim.token.pk))
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
        except (RateLimited, Overloaded) as error:
            self._pause(claim, error.retry_after_seconds)
            self._try_again(claim, task, error)
        except (Unreachable, DeadlinePassed) as error:
            if task["do"] == "workspaces":
                self._fail(claim, task, error)
            else:
                self._silent.append((claim, task, error))
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
                self._is_over = True
                for one in self._claims:
                    one.queue.clear()

    def _try_again(self, claim: Claim, task: Task, error: AltostratError) -> None:
        tries = int(task.get("tries", 0)) + 1
        if tries >= _TRIES:
            self._fail(claim, task, error)
        else:
            claim.queue.append({**task, "tries": tries})

    def _fail(self, claim: Claim, task: Task, error: AltostratError | InvalidIdentifier) -> None:
        if task["do"] == "workspaces":  # without the list there is nothing to walk over
            claim.queue.appendleft({"do": task["do"], "without": task["without"]})
            self._wait_for_it(claim, error)
        else:
            claim.done += 1
            claim.failed.append({**tasks.subject(task), **_told(error)})

    def _decide(self, claim: Claim) -> None:
        """What becomes of what got no answer, or a 401. A 401 about one account of many need not be about the token,
        nor silence about Altostrat: one more call, for the workspaces, tells. When nobody is there, it was no try."""
        doubted = [task for mine, task in self._doubted if mine is claim]
        silent = [(task, error) for mine, task, error in self._silent if mine is claim]
        if self._is_over:
            return
        is_silent = len(silent) >= _NOBODY_THERE and id(claim) not in self._answered
        if (doubted or is_silent) and not self._is_there(claim):
            claim.queue.extend([*doubted, *(task for task, _ in silent)])
            return
        for task in doubted:
            self._fail(claim, task, TokenRejected("GET", "/", 401))
        for task, error in silent:
            self._try_again(claim, task, error)

    def _look_whether_it_is_back(self, claim: Claim) -> None:
        """What stopped for want of an answer begins with one call, so that nothing fails that was not tried."""
        if claim.trouble is not None and claim.queue and claim.queue[0]["do"] != "workspaces":
            self._is_there(claim)
        else:
            claim.trouble = None

    def _is_there(self, claim: Claim) -> bool:
        """Whether Altostrat answers, and takes the token; if not, the claim waits or ends."""
        bound = "" if claim.token.is_default else claim.token.workspace_id
        task = (
            {"do": "workspace", "workspace": {"id": bound}} if bound else {"do": "workspaces", "without": []}
        )
        try:
            upstream.count_request(str(claim.token.pk))
            tasks.run(self._clients[id(claim)], task)
        except TokenRejected as error:
            self._refuse(claim, error)
        except AltostratError as error:
            self._wait_for_it(claim, error)
        else:
            claim.trouble = None
            return True
        return False

    def _wait_for_it(self, claim: Claim, error: AltostratError | InvalidIdentifier) -> None:
        """Until Altostrat is back; what it refuses would be refused again, so that stops the walk."""
        claim.trouble = _told(error)
        if isinstance(error, (RateLimited, Overloaded)):
            self._pause(claim, error.retry_after_seconds)
        elif isinstance(error, AltostratError) and kept_copies.can_replace(error):
            self._pause(claim, _AWAY_SECONDS)
        else:
            claim.is_stopped = True

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
                tokens.record_result(self._actor, claim.token)
        for claim, error in self._refusals:
            tokens.record_result(self._actor, claim.token, error)
        for claim, error in self._refusals:
            if claim.token.is_default:
                raise error


def _told(error: AltostratError | InvalidIdentifier) -> dict[str, Any]:
    return {"error": type(error).__name__, "status": getattr(error, "status", None)}
