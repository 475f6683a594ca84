"""The digest of one person for the period that is due."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from billing.models import Digest
from billing.services import mail
from billing.services.digests import periods, run
from billing.services.scans import background
from billing.services.task_queue import enqueue, runs
from billing.services.task_queue.celery_app import app
from billing.services.task_queue.runs import Lease
from billing.tasks.scans import Turn

TASK: Final = "digest"
# Between two attempts, after the mail server refused the message or the scan stopped.
_RETRY_SECONDS: Final = 900.0


@app.task(name=TASK)
def digest(task_id: str) -> None:
    runs.run(task_id, _send)


def enqueue_due() -> None:
    """Enqueue the digests that are due, if there is a mail server."""
    if mail.is_enabled():
        run.settle_stale()
        for row in run.due(timezone.now()):
            enqueue(TASK, "", row.user)


def _send(lease: Lease) -> float | None:
    row = Digest.objects.select_related("user").filter(user=lease.actor.user).first()
    if row is None:
        return None
    period = periods.period_of(row, timezone.now())
    if not run.is_open(row, period):
        return None
    if lease.is_second_attempt:
        background.release_claims(lease.actor)
    turn = Turn(lease)
    run.send(lease.actor, row, period, turn.pause)
    row.refresh_from_db()
    if not run.is_open(row, period):
        return None
    return _RETRY_SECONDS if turn.seconds is None else turn.seconds
