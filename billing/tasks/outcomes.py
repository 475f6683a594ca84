"""The outcome of one change that is unknown, by a read with its author's token."""

from __future__ import annotations

from typing import Final

from billing.models import Change
from billing.services import task_queue
from billing.services.changes import settling
from billing.services.task_queue import runs
from billing.services.task_queue.celery_app import app
from billing.services.task_queue.runs import Lease

TASK: Final = "settle_change"
# If nothing could be read.
_RETRY_SECONDS: Final = 600.0


@app.task(name=TASK)
def settle_change(task_id: str) -> None:
    runs.run(task_id, _settle)


def enqueue_due() -> None:
    """Record changes whose process was killed, and enqueue the checks that are due."""
    for row in settling.due().filter(user__is_active=True).defer("envelope"):
        task_queue.enqueue(TASK, str(row.pk), row.user)


def _settle(lease: Lease) -> float | None:
    unknown = Change.objects.filter(pk=lease.row.subject, user=lease.actor.user, state=Change.State.UNKNOWN)
    change = unknown.select_related("user").first()
    if change is None or settling.settle(lease.actor, change) is not None:
        return None
    return _RETRY_SECONDS
