"""A worker reads all invoices for an export, which its owner finds on their pages, encrypted until then."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.tasks.conftest import Office, Worker, running_worker, wait_until

START = """
import time
from django.utils import timezone
from billing.services.actor import Door, actor_for
from billing.services.scans import background, invoice_export, queues, run, store
from billing.services.scans.account_filter import Filter
actor = actor_for(User.objects.get(username="carol"), Door.PAGE)
run.complete(actor, store.ACCOUNT_DETAILS, lambda _: True)
queue = queues.QUEUES[queues.ALL]
invoice_export.start(actor, queue, Filter(), invoice_export.name_of(queue.key, ""), timezone.now())
background.start(actor, store.INVOICES)
while not BackgroundTask.objects.exists():  # Redis takes longer than the portal waits on a busy machine
    time.sleep(1)
    background.start(actor, store.INVOICES)
"""
STATE = """
rows = Scan.objects.filter(kind="invoices")
parts = [part.envelope for row in rows for part in row.parts.all()]
out = [[row.state for row in rows], parts, User.objects.get(username="carol").export_ready_at is not None]
"""


def rows(csv: str) -> list[str]:
    return [line for line in csv.splitlines() if ",in_" in line]


def download(office: Office, session: requests.Session) -> list[str]:
    answer = session.get(f"{office.portal.url}/exports/latest/?", timeout=60)
    assert "The file is ready" in answer.text
    return rows(session.get(f"{answer.url}?format=csv", timeout=60).text)


def test_export_survives_a_killed_worker_and_is_announced(office: Office, tmp_path: Path) -> None:
    session = office.signed_in("carol")
    with running_worker(office, tmp_path) as first:
        office.altostrat.fault("delay:0.5", "/invoices$", times=None)
        office.ask(START)
        wait_until(office.is_running, first)
        first.kill()
    office.altostrat.no_faults()
    assert office.ask(STATE)[0] == ["running"]
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)
    states, parts, is_ready = office.ask(STATE)
    assert (states, is_ready) == (["finished"], True)
    assert not any("in_" in part or "Prairie" in part for part in parts)

    assert "Your export of invoices is ready" in session.get(f"{office.portal.url}/account/", timeout=60).text
    found = download(office, session)
    assert found
    assert len(found) == len(set(found))
    assert "Your export of invoices" not in session.get(f"{office.portal.url}/account/", timeout=60).text


def test_export_outlives_the_accounts_it_started_from(office: Office, worker: Worker) -> None:
    office.ask(START)
    office.wait_for_tasks(worker)
    office.ask("Scan.objects.exclude(kind='invoices').delete()")

    assert download(office, office.signed_in("carol"))
