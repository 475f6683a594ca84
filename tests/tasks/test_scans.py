"""A worker does the steps of a scan, and continues those of a worker that was killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from tests.plugins.processes import Portal
from tests.tasks.conftest import Worker, ask, running_worker, wait_until

SCANS = """
rows = Scan.objects.filter(token__owner__username='{0}', kind='facts')
out = [(row.state, row.done, row.parts.count(), row.total) for row in rows]
"""


def start(office: Portal, name: str) -> None:
    """Start a scan as the page does: through the queue."""
    code = f"""
from billing.services.scans import background, store
from billing.services.actor import actor_for, Door
actor = actor_for(User.objects.get(username='{name}'), Door.PAGE)
store.discard(actor, 'facts', 'directory')
background.advance(actor, 'facts')
out = [BackgroundTask.objects.count(), Scan.objects.filter(done__gt=0).exclude(kind='directory').count()]
"""
    assert ask(office, code)[0] == 1


def progress(office: Portal, name: str = "alice") -> tuple[str, int, int, int]:
    rows = ask(office, SCANS.format(name))
    return tuple(rows[0]) if rows else ("", 0, 0, 0)


def tasks(office: Portal) -> int:
    return int(ask(office, "out = BackgroundTask.objects.count()"))


@pytest.fixture(autouse=True)
def _no_tasks(office: Portal, queue: Redis) -> None:
    ask(office, "BackgroundTask.objects.all().delete(); Scan.objects.all().delete()")
    queue.flushdb()


def test_worker_finishes_a_scan(office: Portal, worker: Worker) -> None:
    start(office, "alice")
    wait_until(lambda: tasks(office) == 0, lambda: worker.log[-3000:])

    state, done, _, total = progress(office)
    assert (state, done) == ("finished", total)
    (line,) = [line for line in worker.lines if line["event"] == "task run"]
    assert (line["task"], line["outcome"]) == ("scan", "succeeded")


def test_scan_survives_a_killed_worker(office: Portal, tmp_path: Path, queue: Redis) -> None:
    with running_worker(office, tmp_path, queue) as first:
        start(office, "alice")
        wait_until(lambda: progress(office)[1] > 0, lambda: first.log[-3000:])
        first.kill()
    before = progress(office)
    assert before[0] == "running"
    queue.flushdb()  # even without its messages
    with running_worker(office, tmp_path, queue) as second:
        wait_until(lambda: tasks(office) == 0, lambda: second.log[-3000:])

    state, done, _, total = progress(office)
    assert (state, done) == ("finished", total)
    assert done >= before[1]


def test_scan_survives_a_killed_child(office: Portal, worker: Worker) -> None:
    start(office, "alice")
    wait_until(lambda: progress(office)[1] > 0, lambda: worker.log[-3000:])
    worker.kill_children()
    wait_until(lambda: tasks(office) == 0, lambda: worker.log[-3000:])

    assert progress(office)[0] == "finished"


def test_deactivated_owner_stops_it(office: Portal, worker: Worker) -> None:
    start(office, "alice")
    wait_until(lambda: progress(office)[1] > 0, lambda: worker.log[-3000:])
    office.manage("deactivate", "alice")
    try:
        wait_until(lambda: tasks(office) == 0, lambda: worker.log[-3000:])
        assert [line["outcome"] for line in worker.lines if line["event"] == "task run"] == ["stopped"]
    finally:
        office.manage("activate", "alice")
