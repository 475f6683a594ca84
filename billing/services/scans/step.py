"""One step of a scan: concurrent calls within the token's budget for a second or two, then one write."""

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

_MAX_CONCURRENT: Final = 6
# A task without an answer is repeated at the end of the queue, and fails after this many attempts.
_MAX_ATTEMPTS: Final = 2
# If a step has this many tasks without an answer and none with one, Altostrat is checked before they fail.
_MAX_UNANSWERED: Final = 3
# The pause before Altostrat is checked again.
_RETRY_SECONDS: Final = 5


class Step:
    """One step, for one request. No call starts after `until`."""

    def __init__(self, actor: Actor, claims: Sequence[Claim], until: float) -> None:
        self._actor, self._claims, self._until = actor, claims, until
        self._clients: dict[int, AltostratClient] = {}
        self._budgets: dict[int, str] = {}
        self._running: dict[Future[Outcome], tuple[Claim, Task]] = {}
        self._unanswered: list[tuple[Claim, Task, AltostratError]] = []
        self._unauthorized: list[tuple[Claim, Task]] = []
        self._answered: set[int] = set()
        self._refusals: list[tuple[Claim, TokenRejected]] = []

    def run(self) -> None:
        """Make the calls, then save. Raise TokenRejected if the default token is rejected, `vault.CannotUnseal`."""
        try:
            for claim in self._claims:
                token = tokens.unseal(claim.token)
                budget = self._budgets[id(claim)] = upstream.budget_of(token)
                self._clients[id(claim)] = upstream.client(
                    token,
                    share=str(claim.token.pk),
                    request_id=self._actor.request_id,
                    is_for_scan=True,
                    counted=budget,
                )
            connections.release_connection()
            for claim in self._claims:
                self._check_after_trouble(claim)
            with ThreadPoolExecutor(_MAX_CONCURRENT) as pool:
                self._work(pool)
            for claim in self._claims:
                self._resolve_failures(claim)
        finally:
            for claim, task in self._running.values():
                claim.queue.appendleft(task)
            for claim in self._claims:
                store.save(claim)
        self._record_token_results()

    def _work(self, pool: ThreadPoolExecutor) -> None:
        while True:
            for claim in self._claims:
                while (task := self._next(claim)) is not None:
                    # The context carries the request id into the log lines of the thread.
                    call = partial(copy_context().run, tasks.run, self._clients[id(claim)], task)
                    self._running[pool.submit(call)] = (claim, task)
            if not self._running:
                return
            for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                claim, task = self._running.pop(future)
                self._handle(claim, task, future)

    def _next(self, claim: Claim) -> Task | None:
        """Return the next task, with its calls counted against the budget; None if there is nothing to do for now."""
        is_full = time.monotonic() >= self._until or len(self._running) >= _MAX_CONCURRENT
        if is_full or claim.resume_at is not None or claim.is_stopped or not claim.queue:
            return None
        budget = self._budgets[id(claim)]
        remaining, seconds = upstream.remaining_requests(budget)
        cost = tasks.cost(claim.queue[0])
        if remaining < cost:
            self._pause(claim, seconds)
            return None
        try:
            for _ in range(cost):
                upstream.spend(budget)
        except RateLimited as error:  # another request of this token was faster
            self._pause(claim, error.retry_after_seconds)
            return None
        return claim.queue.popleft()

    def _handle(self, claim: Claim, task: Task, future: Future[Outcome]) -> None:
        try:
            outcome = future.result()
        except TokenRejected as error:
            if task["do"] in {"workspaces", "workspace"}:
                self._refuse(claim, error)
            else:
                self._unauthorized.append((claim, task))
        except (RateLimited, Overloaded) as error:
            self._pause(claim, error.retry_after_seconds)
            self._repeat(claim, task, error)
        except (Unreachable, DeadlinePassed) as error:
            if task["do"] == "workspaces":
                self._fail(claim, task, error)
            else:
                self._unanswered.append((claim, task, error))
        except (AltostratError, InvalidIdentifier) as error:
            self._fail(claim, task, error)
        else:
            self._save_outcome(claim, task, outcome)

    def _save_outcome(self, claim: Claim, task: Task, outcome: Outcome) -> None:
        self._answered.add(id(claim))
        claim.found += outcome.found
        claim.queue.extend(outcome.more)
        claim.done += 1
        if outcome.missing:
            claim.failed.append({**tasks.subject(task), "error": "", "note": outcome.missing})

    def _repeat(self, claim: Claim, task: Task, error: AltostratError) -> None:
        attempts = int(task.get("tries", 0)) + 1
        if attempts >= _MAX_ATTEMPTS:
            self._fail(claim, task, error)
        else:
            claim.queue.append({**task, "tries": attempts})

    def _fail(self, claim: Claim, task: Task, error: AltostratError | InvalidIdentifier) -> None:
        if task["do"] == "workspaces":  # nothing else can be read without this list
            claim.queue.appendleft({"do": task["do"], "without": task["without"]})
            self._wait(claim, error)
        else:
            claim.done += 1
            claim.failed.append({**tasks.subject(task), **_describe(error)})

    def _resolve_failures(self, claim: Claim) -> None:
        """Repeat or fail the tasks that got no answer or a 401.

        A 401 for one account need not mean that the token is invalid, and missing answers need not mean that Altostrat
        is unavailable, so one more call checks that. If it is unavailable, the tasks do not count as attempts.
        """
        unauthorized = [task for owner, task in self._unauthorized if owner is claim]
        unanswered = [(task, error) for owner, task, error in self._unanswered if owner is claim]
        is_silent = len(unanswered) >= _MAX_UNANSWERED and id(claim) not in self._answered
        if (unauthorized or is_silent) and not self._is_available(claim):
            claim.queue.extend([*unauthorized, *(task for task, _ in unanswered)])
            return
        for task in unauthorized:
            self._fail(claim, task, TokenRejected("GET", "/", 401))
        for task, error in unanswered:
            self._repeat(claim, task, error)

    def _check_after_trouble(self, claim: Claim) -> None:
        """Make one call first after an error, so that no task fails while Altostrat is still unavailable."""
        if claim.trouble is not None and claim.queue and claim.queue[0]["do"] != "workspaces":
            self._is_available(claim)
        else:
            claim.trouble = None

    def _is_available(self, claim: Claim) -> bool:
        """Return whether Altostrat answers and accepts the token. If not, the scan waits or stops."""
        bound = "" if claim.token.is_default else claim.token.workspace_id
        task = (
            {"do": "workspace", "workspace": {"id": bound}} if bound else {"do": "workspaces", "without": []}
        )
        try:
            upstream.spend(self._budgets[id(claim)])
            tasks.run(self._clients[id(claim)], task)
        except TokenRejected as error:
            self._refuse(claim, error)
        except AltostratError as error:
            self._wait(claim, error)
        else:
            claim.trouble = None
            return True
        return False

    def _wait(self, claim: Claim, error: AltostratError | InvalidIdentifier) -> None:
        """Wait until Altostrat is available again. After a refusal, stop the scan, because waiting would not help."""
        claim.trouble = _describe(error)
        if isinstance(error, (RateLimited, Overloaded)):
            self._pause(claim, error.retry_after_seconds)
        elif isinstance(error, AltostratError) and kept_copies.can_replace(error):
            self._pause(claim, _RETRY_SECONDS)
        else:
            claim.is_stopped = True

    def _refuse(self, claim: Claim, error: TokenRejected) -> None:
        claim.is_stopped = True
        self._refusals.append((claim, error))

    def _pause(self, claim: Claim, seconds: int | None) -> None:
        claim.resume_at = timezone.now() + timedelta(seconds=min(seconds or 10, 120))

    def _record_token_results(self) -> None:
        refused = {id(claim) for claim, _ in self._refusals}
        for claim in self._claims:
            if claim.found and id(claim) not in refused:
                tokens.record_result(self._actor, claim.token)
        for claim, error in self._refusals:
            tokens.record_result(self._actor, claim.token, error)
        for claim, error in self._refusals:
            if claim.token.is_default:
                raise error


def _describe(error: AltostratError | InvalidIdentifier) -> dict[str, Any]:
    return {"error": type(error).__name__, "status": getattr(error, "status", None)}
