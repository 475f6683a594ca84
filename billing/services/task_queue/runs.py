"""Run a task: one run at a time has its lease, and another one continues if the process of the first was killed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import structlog
from django.db import Error
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from billing.models import BackgroundTask, BackgroundTaskCount
from billing.services.actor import Actor, Door, Origin, actor_for
from billing.services.storage import connections

logger = logging.getLogger(__name__)
events = structlog.get_logger(__name__)

# A killed process is replaced after this time. Until then a process that lives has several chances to renew it.
_LEASE_SECONDS: Final = 6.0
_RENEWAL_SECONDS: Final = 1.5
# A task that fails or kills its process so often in a row is given up.
_MAX_ATTEMPTS: Final = 5
_RETRY_SECONDS: Final = 15.0


class Outcome(StrEnum):
    """How a task has ended. STOPPED: its owner was deactivated or may not do this any more."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"


class Stopped(Exception):
    """The task cannot go on for its owner: nothing is tried again."""


class Failed(Exception):
    """The task has failed, and would fail again."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A task that continues after some seconds. A failure counts as an attempt."""

    seconds: float
    is_failure: bool = False


class Lease:
    """The right to work on a task, which a thread renews. It ends when the owner is deactivated."""

    def __init__(self, row: BackgroundTask) -> None:
        self.row = row
        self._lives = BackgroundTask.objects.filter(pk=row.pk, holder=row.holder)
        self._ends_at = time.monotonic() + _LEASE_SECONDS
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_forever, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()

    @cached_property
    def actor(self) -> Actor:
        """The owner, with their rights when the run began. The ID of the task is that of the request in logs."""
        assert self.row.owner is not None
        return actor_for(self.row.owner, Door.TASK, Origin(request_id=str(self.row.pk)))

    @property
    def is_held(self) -> bool:
        """Whether the run may go on. It must ask before each step."""
        return time.monotonic() < self._ends_at

    @property
    def is_second_attempt(self) -> bool:
        """Whether an earlier run did not end in order: its process was killed, or it failed."""
        return self.row.attempts > 1

    def _renew_forever(self) -> None:
        try:
            while not self._ended.wait(_RENEWAL_SECONDS):
                self._renew()
        finally:
            connections.close()

    def _renew(self) -> None:
        began_at = time.monotonic()
        active = Q(owner=None) | Q(owner__is_active=True)
        try:
            is_held = self._lives.filter(active).update(due_at=_in_seconds(_LEASE_SECONDS))
        except Error:
            return
        finally:
            connections.release_connection()
        self._ends_at = began_at + _LEASE_SECONDS if is_held else 0.0


def run(task_id: str, work: Callable[[Lease], float | None]) -> None:
    """Run a task, unless another run has it. `work` returns the seconds until it continues; None when it is done."""
    row = _claim(task_id)
    if row is None:
        return
    if row.attempts > _MAX_ATTEMPTS:
        _end(row, Outcome.FAILED)
        return
    began_at = time.monotonic()
    with Lease(row) as lease:
        result = _result(lease, work)
    events.info(
        "task run",
        task=row.name,
        person=row.owner_id,
        outcome="waiting" if isinstance(result, Wait) else result.value,
        duration_ms=round((time.monotonic() - began_at) * 1000),
    )
    if isinstance(result, Wait):
        _release(row, result)
    else:
        _end(row, result)


def last_end(name: str) -> datetime | None:
    """Return when a task of this name last ended, in whichever way."""
    found = BackgroundTaskCount.objects.filter(name=name).order_by("-last_at").first()
    return None if found is None else found.last_at


def _result(lease: Lease, work: Callable[[Lease], float | None]) -> Outcome | Wait:
    try:
        if not _is_owner_active(lease.row):
            return Outcome.STOPPED
        seconds = work(lease)
    except Stopped:
        return Outcome.STOPPED
    except Failed:
        return Outcome.FAILED
    except Exception as error:  # noqa: BLE001 - a message of any error may hold personal data, and Celery would log it
        logger.error("task %s failed: %s", lease.row.name, type(error).__name__)
        return Wait(_RETRY_SECONDS, is_failure=True)
    if not _is_owner_active(lease.row):
        return Outcome.STOPPED
    return Outcome.SUCCEEDED if seconds is None else Wait(seconds)


def _is_owner_active(row: BackgroundTask) -> bool:
    return row.owner_id is None or BackgroundTask.objects.filter(pk=row.pk, owner__is_active=True).exists()


def _claim(task_id: str) -> BackgroundTask | None:
    holder = uuid4()
    is_free = Q(holder=None) | Q(due_at__lte=timezone.now())
    rows = BackgroundTask.objects.filter(is_free, pk=UUID(task_id))
    values = {"holder": holder, "due_at": _in_seconds(_LEASE_SECONDS), "attempts": F("attempts") + 1}
    if not rows.update(**values):
        return None
    return BackgroundTask.objects.select_related("owner").filter(pk=task_id, holder=holder).first()


def _release(row: BackgroundTask, wait: Wait) -> None:
    mine = BackgroundTask.objects.filter(pk=row.pk, holder=row.holder)
    attempts = row.attempts if wait.is_failure else 0
    mine.update(holder=None, due_at=_in_seconds(wait.seconds), attempts=attempts)


def _end(row: BackgroundTask, outcome: Outcome) -> None:
    if not BackgroundTask.objects.filter(pk=row.pk, holder=row.holder).delete()[0]:
        return
    now = timezone.now()
    rows = BackgroundTaskCount.objects.filter(name=row.name, outcome=outcome)
    if not rows.update(count=F("count") + 1, last_at=now):
        _, is_new = BackgroundTaskCount.objects.get_or_create(
            name=row.name, outcome=outcome, defaults={"count": 1, "last_at": now}
        )
        if not is_new:
            rows.update(count=F("count") + 1, last_at=now)


def _in_seconds(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
