"""A worker runs the nightly commands once a night, and compares the audit log with a head outside of the database."""

from __future__ import annotations

from pathlib import Path

from tests.tasks.conftest import Office, Worker

ENQUEUE_DUE = (
    "from billing.tasks import maintenance; maintenance.enqueue_due(); out = BackgroundTask.objects.count()"
)
COUNTS = "out = {f'{row.name} {row.outcome}': row.count for row in BackgroundTaskCount.objects.exclude(name='scan')}"
NIGHTLY = {"clear_sessions", "verify_audit", "contract_drift"}


def test_nightly_tasks_run_once_and_notice_a_changed_audit_log(office: Office, worker: Worker) -> None:
    office.ask("BackgroundTaskCount.objects.all().delete()")
    head = Path(office.portal.environment["AUDIT_HEAD_FILE"])
    office.ask(ENQUEUE_DUE)
    office.wait_for_tasks(worker)

    assert office.ask(COUNTS) == {f"{name} succeeded": 1 for name in NIGHTLY}
    assert office.ask(ENQUEUE_DUE) == 0
    number, _, digest = head.read_text().strip().partition(":")
    head.write_text(f"{number}:{digest[::-1]}")
    office.ask("from billing.services.task_queue import enqueue; assert enqueue('verify_audit')")
    office.wait_for_tasks(worker)
    head.unlink()

    worker.program.close()

    assert office.ask(COUNTS)["verify_audit failed"] == 1
    errors = [line["event"] for line in worker.lines if line["level"] == "error"]
    assert errors[0].startswith("verify_audit failed")


def test_schedule_has_tasks_of_workers_only(office: Office) -> None:
    code = """
from billing.tasks import app
out = [[one["task"] for one in app.conf.beat_schedule.values()], list(app.tasks)]
"""
    scheduled, known = office.ask(code)

    assert set(scheduled) == {"outcomes", "digests", "nightly"}
    assert set(scheduled) <= set(known)
