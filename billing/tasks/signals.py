"""What a worker does besides its tasks: it keeps the portal's log, shows that it lives, and resends lost tasks.

https://docs.celeryq.dev/en/stable/userguide/signals.html
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from celery.signals import heartbeat_sent, setup_logging
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from billing.services.task_queue import broker
from billing.services.task_queue.celery_app import app
from billing.tasks import schedule

logger = logging.getLogger(__name__)

_RESEND_SECONDS: Final = 2.0
# A longer queue waits for workers, and gets no further messages.
_MAX_LENGTH: Final = 100


class _Resending:
    def __init__(self) -> None:
        self._next_at = 0.0

    def is_due(self, length: int) -> bool:
        now = time.monotonic()
        if length > _MAX_LENGTH or now < self._next_at:
            return False
        self._next_at = now + _RESEND_SECONDS
        return True


_resending: Final = _Resending()


@setup_logging.connect
def _keep_logging(**kwargs: Any) -> None:
    """Let Celery leave the log as Django has configured it."""


@heartbeat_sent.connect
def _on_heartbeat(**kwargs: Any) -> None:
    """Record that this worker lives. Unlike a schedule, this adds no messages to a queue without a worker."""
    try:
        length = broker.record_heartbeat()
        if _resending.is_due(length):
            app.send_task(schedule.RESEND, expires=10, retry=False)
    except (RedisError, OSError, OperationalError) as error:
        logger.warning("the heartbeat was not recorded: %s", type(error).__name__)
