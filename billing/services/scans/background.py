"""Scans by a worker. The person's pages only show the progress then."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from billing.altostrat.errors import TokenRejected
from billing.models import Scan
from billing.services import task_queue, tokens
from billing.services.actor import Actor
from billing.services.scans import run
from billing.services.scans.results import Progress

TASK: Final = "scan"


def advance(actor: Actor, kind: str, *, seconds: float = run.STEP_SECONDS) -> Progress:
    """Let a worker continue a scan, or do its next step here if there is no worker. Return the progress.

    Raise as `run.advance`.
    """
    if not task_queue.has_worker():
        return run.advance(actor, kind, seconds=seconds)
    progress = run.begin(actor, kind)
    if progress.is_stopped and tokens.is_refused(actor):
        raise TokenRejected("GET", "/", 401)
    if not run.is_over(progress, kind) and not task_queue.enqueue(TASK, kind, actor.user):
        return run.advance(actor, kind, seconds=seconds)
    return replace(progress, is_in_background=True)


def start(actor: Actor, kind: str) -> None:
    """Let a worker do the steps of a scan at once. Without one, the page that shows its progress does them."""
    task_queue.enqueue(TASK, kind, actor.user)


def release_claims(actor: Actor) -> None:
    """Let the next step begin at once, after the process that had the claim was killed.

    If it was not, it can no longer save its step.
    """
    running = Scan.objects.filter(token__in=tokens.of(actor), state=Scan.State.RUNNING)
    running.exclude(claim=None).update(claim=None, claimed_until=None)
