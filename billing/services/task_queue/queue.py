"""Put tasks into the queue."""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module
from typing import Final

from django.utils import timezone

from billing.models import BackgroundTask, User
from billing.services.task_queue import broker

logger = logging.getLogger(__name__)

# A message that no worker has taken after this time may be lost, and is sent again.
_RESEND: Final = timedelta(seconds=30)


def enqueue(name: str, subject: str = "", owner: User | None = None) -> bool:
    """Let a worker run a task, unless it already waits or runs. Return False if there is no worker."""
    if not broker.has_worker():
        return False
    row, is_new = add(name, subject, owner)
    if is_new and not send(row):
        row.delete()
        return False
    return True


def add(name: str, subject: str = "", owner: User | None = None) -> tuple[BackgroundTask, bool]:
    """Add the row of a task, and return it and whether it is new."""
    key = ":".join((name, str(owner.pk if owner else ""), subject))
    values = {"name": name, "subject": subject, "owner": owner, "due_at": timezone.now() + _RESEND}
    return BackgroundTask.objects.get_or_create(key=key, defaults=values)


def send(row: BackgroundTask) -> bool:
    """Send the message of a task. Return False if the queue does not accept it within seconds."""
    # Celery takes 15 MB and half a second, so that only those load it who use it.
    app = import_module("billing.services.task_queue.celery_app").app
    try:
        app.send_task(row.name, args=[str(row.pk)], retry=False)
    except Exception as error:  # noqa: BLE001 - Redis, kombu and sockets have errors of their own
        logger.warning("the task queue does not answer: %s", type(error).__name__)
        broker.note_failure()
        return False
    return True


def send_lost() -> int:
    """Send the tasks again whose message was lost, whose worker was killed, or that had to wait. Return how many."""
    now, count = timezone.now(), 0
    for row in BackgroundTask.objects.filter(due_at__lte=now):
        free = BackgroundTask.objects.filter(pk=row.pk, due_at=row.due_at)
        if free.update(holder=None, due_at=now + _RESEND):
            count += send(row)
    return count
