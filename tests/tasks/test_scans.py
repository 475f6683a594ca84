"""A worker does the steps of a scan, and continues those of a worker that was killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import requests
from django.urls import reverse

from tests.tasks.conftest import Office, Worker, running_worker, wait_until

# As the pages do, until the queue has the work.
ADVANCE = """
from billing.services.actor import Door, actor_for
from billing.services.scans import background
actor = actor_for(User.objects.get(username="alice"), Door.PAGE)
background.advance(actor, "facts")
out = [Scan.objects.count(), ScanPart.objects.count(), BackgroundTask.objects.count()]
"""
RESULTS = """
from billing.services.actor import Door, actor_for
from billing.services.scans import results
actor = actor_for(User.objects.get(username="alice"), Door.PAGE)
found = results.progress(actor, "facts")
read = [item["account"]["id"] for item in results.items(actor, found) if "older_of" not in item]
out = {"done": found.done, "finished": found.is_finished, "read": read, "not_read": len(found.not_read)}
"""


def results(office: Office) -> dict[str, Any]:
    return dict(office.ask(RESULTS))


def queue_state(office: Office) -> str:
    answer = requests.get(f"{office.portal.url}/readyz", timeout=60)
    assert answer.status_code == 200
    return str(answer.json()["checks"]["tasks"]["state"])


def read_in_part(office: Office) -> bool:
    return bool(results(office)["done"])


def test_page_only_starts_it_and_the_worker_finishes_it(office: Office, worker: Worker) -> None:
    scans, parts, tasks = office.ask(ADVANCE)
    assert (scans, parts, tasks) == (1, 0, 1)
    office.wait_for_tasks(worker)

    found = results(office)
    assert found["finished"]
    assert len(found["read"]) == len(set(found["read"]))
    assert worker.runs("scan") == ["succeeded"]
    assert queue_state(office) == "ok"
    ids = {line["request_id"] for line in worker.lines if line["event"] == "altostrat call"}
    assert len(ids) == 1  # that of the task


def test_a_closed_page_does_not_stop_it(office: Office, worker: Worker) -> None:
    carol = office.signed_in("carol")
    step = f"{office.portal.url}{reverse('scan', args=['facts'])}"
    office.altostrat.fault("delay:1", times=None)
    # On a busy machine, Redis may take longer than the page waits. Then the page does a step.
    wait_until(lambda: "Reading" in carol.get(step, timeout=60).text and office.waiting(), worker)
    office.altostrat.no_faults()
    office.wait_for_tasks(worker)
    office.altostrat.clear()

    ready = carol.get(step, timeout=60)

    assert ready.url.endswith("/queues/")
    assert office.altostrat.requests() == []


@pytest.mark.parametrize("button", ["scan-resume", "scan-restart"])
def test_a_button_needs_no_page_afterwards(button: str, office: Office, worker: Worker) -> None:
    carol = office.signed_in("carol")
    office.altostrat.fault("delay:1", times=None)
    carol.get(f"{office.portal.url}{reverse('scan', args=['facts'])}", timeout=60)
    token = {"csrfmiddlewaretoken": carol.cookies["csrftoken"]}

    def press(name: str) -> None:
        address = f"{office.portal.url}{reverse(name, args=['facts'])}"
        carol.post(address, token, timeout=60, allow_redirects=False).raise_for_status()

    def has_effect() -> bool:
        press(button)  # again, if Redis took longer than the page waits
        office.wait_for_tasks(worker)
        states = "out = list(Scan.objects.filter(kind='facts').values_list('state', flat=True))"
        return bool(office.ask(states) == ["finished"])

    press("scan-stop")
    office.altostrat.no_faults()
    wait_until(has_effect, worker)


def test_worker_finds_where_responses_differ_from_the_contract(office: Office, worker: Worker) -> None:
    office.ask("ContractDrift.objects.all().delete()")
    office.altostrat.says("/payment-methods$", {"data": [], "has_more": False, "shape": "new"})

    office.ask(ADVANCE)
    office.wait_for_tasks(worker)

    found = "out = ContractDrift.objects.filter(operation='list_payment_methods', path='shape', kind='new').count()"
    wait_until(lambda: office.ask(found), worker, pause=0.5)


def test_it_survives_a_killed_worker_and_an_emptied_queue(office: Office, tmp_path: Path) -> None:
    with running_worker(office, tmp_path) as first:
        office.ask(ADVANCE)
        wait_until(lambda: read_in_part(office), first)
        first.kill()
    before = results(office)
    assert not before["finished"]
    office.queue.flushdb()
    office.altostrat.clear()
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)

    found = results(office)
    assert found["finished"]
    assert set(before["read"]) <= set(found["read"])
    assert len(found["read"]) == len(set(found["read"]))
    assert office.altostrat.writes() == []


def test_it_stops_when_its_owner_is_deactivated(office: Office, worker: Worker) -> None:
    office.altostrat.fault("delay:1", times=None)  # the scan must not end before the command
    office.ask(ADVANCE)
    wait_until(lambda: read_in_part(office), worker)
    office.portal.manage("deactivate", "alice")
    try:
        office.wait_for_tasks(worker)
        assert worker.runs("scan") == ["stopped"]
    finally:
        office.portal.manage("activate", "alice")


@pytest.mark.parametrize("state", ["no worker", "unavailable"])
def test_page_does_the_steps_without_the_queue(state: str, office: Office) -> None:
    pid = office.queue.info()["process_id"]
    office.queue.delete("billing-portal:worker")
    if state == "unavailable":
        os.kill(pid, signal.SIGSTOP)
    try:
        _, _, tasks = office.ask(ADVANCE.replace('"facts"', '"directory"'))
        assert queue_state(office) == state
    finally:
        os.kill(pid, signal.SIGCONT)

    assert tasks == 0
    assert office.altostrat.requests() != []
