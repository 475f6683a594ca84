"""The delivery of one reminder, which its author has sent on a page."""

from __future__ import annotations

from billing.models import SentReminder
from billing.services.reminders import delivery
from billing.services.task_queue import runs
from billing.services.task_queue.celery_app import app
from billing.services.task_queue.runs import Lease


@app.task(name=delivery.TASK)
def reminder(task_id: str) -> None:
    runs.run(task_id, _deliver)


def _deliver(lease: Lease) -> None:
    row = SentReminder.objects.filter(pk=lease.row.subject, user=lease.actor.user).first()
    if row is not None:
        delivery.deliver(lease.actor, row)
