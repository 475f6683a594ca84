"""A worker finds out by reads whether a change was applied, and never sends it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.tasks.conftest import Office, Worker, running_worker, wait_until

SEND = f"""
from datetime import timedelta
from django.utils import timezone
from billing.services import changes
from billing.services.actor import Door, actor_for
actor = actor_for(User.objects.get(username="alice"), Door.PAGE)
ids = {{"workspace_id": "{WORKSPACE}", "billing_account_id": "{ACCOUNT}"}}
name = timezone.now().isoformat()
change = changes.prepare(actor, changes.Draft("billing_account.update", ids, {{"name": name}}))
changes.send(actor, change.pk, changes.Signature())
earlier = timezone.now() - timedelta(minutes=20)
Change.objects.filter(pk=change.pk).update(sent_at=earlier, looked_at=None, found="")
"""
ENQUEUE_DUE = (
    "from billing.tasks import outcomes; outcomes.enqueue_due(); out = BackgroundTask.objects.count()"
)
FOUND = "out = list(Change.objects.values_list('state', 'found'))"
READ = f"/billing-accounts/{ACCOUNT}$"


@pytest.fixture(autouse=True)
def _unknown_change(office: Office) -> None:
    """Send a change whose answer is lost."""
    office.portal.delete_changes()
    office.altostrat.fault("close_after", READ, method="PATCH")
    office.ask(SEND)
    assert office.ask(FOUND) == [["unknown", ""]]


def test_check_survives_a_killed_worker(office: Office, tmp_path: Path) -> None:
    office.altostrat.fault("hang_before", READ, method="GET")
    with running_worker(office, tmp_path) as first:
        assert office.ask(ENQUEUE_DUE) == 1
        wait_until(office.is_running, first)
        first.kill()
    office.altostrat.no_faults()
    with running_worker(office, tmp_path) as second:
        office.wait_for_tasks(second)
        assert second.runs("settle_change") == ["succeeded"]

    assert office.ask(FOUND) == [["unknown", "applied"]]
    assert len(office.altostrat.writes()) == 1


def test_nothing_is_read_for_a_deactivated_author(office: Office, worker: Worker) -> None:
    office.portal.manage("deactivate", "alice")
    try:
        assert office.ask(ENQUEUE_DUE) == 0
        change = office.ask("out = str(Change.objects.get().pk)")
        office.altostrat.clear()
        office.enqueue("settle_change", change)
        office.wait_for_tasks(worker)
    finally:
        office.portal.manage("activate", "alice")

    assert worker.runs("settle_change") == ["stopped"]
    assert office.altostrat.requests() == []
