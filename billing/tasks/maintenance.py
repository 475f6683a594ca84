"""The nightly tasks: the commands that `deploy/billing-portal-nightly.service` runs without a worker."""

from __future__ import annotations

import io
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from billing.services.contract_drift import findings
from billing.services.task_queue import enqueue, runs
from billing.services.task_queue.celery_app import app
from billing.services.task_queue.runs import Failed, Lease

logger = logging.getLogger(__name__)

CLEAR: Final = "clear_sessions"
VERIFY: Final = "verify_audit"
REPORT: Final = "contract_drift"
_TASKS: Final = (CLEAR, VERIFY, REPORT)
_STARTS_AT: Final = timedelta(hours=2, minutes=30)  # UTC
# A long audit log takes longer than other tasks may.
_LIMIT_SECONDS: Final = 6 * 3600


@app.task(name=CLEAR, soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 60)
def clear_sessions(task_id: str) -> None:
    runs.run(task_id, lambda _: _run(CLEAR))


@app.task(name=VERIFY, soft_time_limit=_LIMIT_SECONDS, time_limit=_LIMIT_SECONDS + 60)
def verify_audit(task_id: str) -> None:
    runs.run(task_id, _verify)


@app.task(name=REPORT)
def report_drift(task_id: str) -> None:
    runs.run(task_id, _report)


def enqueue_due(now: datetime | None = None) -> None:
    """Enqueue the tasks that have not run since the last time at which they should."""
    now = now or timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins_at = midnight + _STARTS_AT
    if begins_at > now:
        begins_at -= timedelta(days=1)
    for name in _TASKS:
        last = runs.last_end(name)
        if last is None or last < begins_at:
            enqueue(name)


def _verify(_: Lease) -> None:
    """Verify the audit log, with the head in AUDIT_HEAD_FILE. It belongs outside of the database."""
    file = settings.AUDIT_HEAD_FILE
    _run(VERIFY, **({"head_file": Path(file)} if file else {}))


def _report(_: Lease) -> None:
    """Log how many differences from the contract there are: /metrics and an alert show them as well."""
    found = len(findings.all_findings())
    logger.log(logging.WARNING if found else logging.INFO, "differences from the contract: %d", found)


def _run(command: str, **options: object) -> None:
    output = io.StringIO()
    try:
        call_command(command, stdout=output, **options)
    except CommandError as error:
        # The command's own words: they name entries of the audit log by their IDs.
        logger.error("%s failed: %s", command, error)
        raise Failed from error
    finally:
        for line in output.getvalue().splitlines():
            logger.info("%s: %s", command, line)
