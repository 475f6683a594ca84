"""A worker delivers reminders that people send, each at most once, also if it is killed."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.html import fields, text
from tests.pages.addresses import ACCOUNT, DOCUMENTED
from tests.plugins import smtp
from tests.tasks.conftest import Office, Worker, living_worker, running_worker, wait_until

PAGE = f"{DOCUMENTED}reminder/"
STATE = "out = SentReminder.objects.get().state"
ENVELOPE = "out = SentReminder.objects.get().envelope"
RECORDED = """
rows = AuditEntry.objects.filter(verb="reminder.send", subject=SentReminder.objects.get().pk)
out = [[row.outcome, row.door] for row in rows.order_by("pk")]
"""
LATER = """
from datetime import timedelta
from billing.services.reminders import delivery
row = SentReminder.objects.get()
SentReminder.objects.update(claimed_at=row.claimed_at - timedelta(minutes=6))
out = delivery.settle_stale()
"""


@pytest.fixture(autouse=True)
def _due(office: Office) -> None:
    office.ask("SentReminder.objects.all().delete()")
    row = {"id": "in_1", "customer_id": ACCOUNT, "status": "open", "currency": "usd", "number": "A-1"}
    more = {"amount_due": 10_000, "due_date": "2026-02-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z"}
    office.altostrat.put("invoices", ACCOUNT, row | more)
    office.mail.fault = smtp.ACCEPT


def send(office: Office, browser: requests.Session) -> requests.Response:
    """Send the reminder that the page shows."""
    page = browser.get(office.portal.url + PAGE, timeout=60)
    return browser.post(f"{office.portal.url}{PAGE}send/", fields(page, ".reminder-send"), timeout=60)


def test_worker_sends_what_the_page_shows(office: Office, worker: Worker) -> None:
    browser = office.signed_in("alice")
    shown = send(office, browser)
    office.wait_for_tasks(worker)

    (mail,) = office.mail.received
    assert mail["Subject"] == "Payment reminder: A-1, $100.00 USD"
    assert worker.runs("reminder") == ["succeeded"]
    assert office.ask(RECORDED) == [["started", "page"], ["succeeded", "task"]]
    assert mail["To"] not in worker.log + office.portal.log
    assert "Sent. The mail server accepted" in text(browser.get(shown.url, timeout=60))


def test_message_waits_for_the_next_worker(office: Office, tmp_path: Path) -> None:
    living_worker(office)
    shown = send(office, office.signed_in("alice"))

    assert "Being sent." in text(shown)
    assert office.ask(ENVELOPE).startswith("v1:")
    assert office.mail.raw == []
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)

    assert len(office.mail.raw) == 1
    assert (office.ask(STATE), office.ask(ENVELOPE)) == ("sent", "")


def test_outcome_of_a_worker_killed_while_it_sends_is_unknown(office: Office, tmp_path: Path) -> None:
    office.mail.fault = smtp.SILENT
    with running_worker(office, tmp_path) as first:
        send(office, office.signed_in("alice"))
        wait_until(lambda: office.ask(ENVELOPE) == "", first)
        first.kill()
    office.mail.fault = smtp.ACCEPT
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)
        assert (office.ask(STATE), office.ask(LATER)) == ("sending", 1)

    assert office.ask(STATE) == "unknown"
    assert office.mail.raw == []


def test_nothing_that_waited_is_sent_after_a_restore(office: Office, tmp_path: Path) -> None:
    living_worker(office)
    send(office, office.signed_in("alice"))
    assert "Reminders that may have been sent after the backup: 1." in office.portal.manage("after_restore")
    with running_worker(office, tmp_path) as worker:
        office.wait_for_tasks(worker)

    assert (office.ask(STATE), office.ask(ENVELOPE), office.mail.raw) == ("unknown", "", [])


def test_nothing_is_sent_for_a_deactivated_author(office: Office, tmp_path: Path) -> None:
    living_worker(office)
    send(office, office.signed_in("alice"))
    office.portal.manage("deactivate", "alice")
    try:
        with running_worker(office, tmp_path) as worker:
            office.wait_for_tasks(worker)
        assert office.ask(LATER) == 1
    finally:
        office.portal.manage("activate", "alice")

    assert (office.ask(STATE), office.mail.raw) == ("refused", [])
