"""What starts tasks. Each of these looks for what is due, and enqueues it; doing so twice changes nothing.

https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from billing.services.task_queue import queue
from billing.services.task_queue.celery_app import app
from billing.tasks import digests, maintenance, outcomes

logger = logging.getLogger(__name__)

RESEND: Final = "resend"
# What Celery beat starts, and how often.
_SECONDS: Final = {"outcomes": 60.0, "digests": 300.0, "nightly": 600.0}


@app.task(name=RESEND)
def resend() -> None:
    """Send the tasks again whose message was lost or whose worker was killed, and those that had to wait."""
    _start(queue.send_lost)


@app.task(name="outcomes")
def start_outcomes() -> None:
    _start(outcomes.enqueue_due)


@app.task(name="digests")
def start_digests() -> None:
    _start(digests.enqueue_due)


@app.task(name="nightly")
def start_nightly() -> None:
    _start(maintenance.enqueue_due)


def _start(enqueue: Callable[[], object]) -> None:
    try:
        enqueue()
    except Exception as error:  # noqa: BLE001 - its message may hold personal data; the next start tries again
        logger.error("tasks could not be started: %s", type(error).__name__)


app.conf.beat_schedule = {
    # Messages expire, so that none wait for a worker that was away.
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in _SECONDS.items()
}
