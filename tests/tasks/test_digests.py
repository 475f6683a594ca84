"""A worker sends digests that are due, each once, also if it is killed while it reads or sends."""

from __future__ import annotations

from pathlib import Path

from billing.services.digests import run
from tests.plugins import smtp
from tests.tasks.conftest import Office, running_worker, wait_until

DUE = """
carol = User.objects.get(username="carol")
carol.email = "carol@portal.example"
carol.save()
Digest.objects.filter(user=carol).delete()
Digest.objects.create(user=carol, frequency="daily", hour=0)
"""
ENQUEUE_DUE = "from billing.tasks import digests; digests.enqueue_due(); out = BackgroundTask.objects.count()"
RESULT = "out = Digest.objects.get().last_result"
RECORDED = "out = AuditEntry.objects.filter(verb='digest.send').count()"
LATER = """
from datetime import timedelta
from billing.tasks import digests
row = Digest.objects.get()
Digest.objects.update(last_at=row.last_at - timedelta(minutes=6))
digests.enqueue_due()
out = BackgroundTask.objects.count()
"""
SCANNED = "out = Scan.objects.filter(token__owner__username='carol', done__gt=0).count()"


def test_digest_survives_a_worker_killed_while_it_reads(office: Office, tmp_path: Path) -> None:
    office.ask(DUE)
    with running_worker(office, tmp_path) as first:
        assert office.ask(ENQUEUE_DUE) == 1
        assert office.ask(ENQUEUE_DUE) == 1
        wait_until(lambda: office.ask(SCANNED), first)
        first.kill()
    assert office.mail.raw == []
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)
        assert office.ask(ENQUEUE_DUE) == 0

    assert office.ask(RESULT) == run.SENT
    (mail,) = office.mail.received
    assert mail["To"] == "carol@portal.example"


def test_digest_of_a_worker_killed_while_it_sends_has_an_unknown_outcome(
    office: Office, tmp_path: Path
) -> None:
    office.ask(DUE)
    recorded = office.ask(RECORDED)
    office.mail.fault = smtp.SILENT
    with running_worker(office, tmp_path) as first:
        office.ask(ENQUEUE_DUE)
        wait_until(lambda: office.ask(RESULT) == run.SENDING, first)
        first.kill()
    office.mail.fault = smtp.ACCEPT
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)
        assert (office.ask(RESULT), office.ask(RECORDED)) == (run.SENDING, recorded)
        assert office.ask(LATER) == 0

    assert (office.ask(RESULT), office.ask(RECORDED)) == (run.INTERRUPTED, recorded + 1)
    assert office.mail.raw == []
