"""Retention deletes the payloads of changes together with the audit contents, and keeps the rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.failures import describe
from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.audit import verify
from billing.services.changes import preconditions
from billing.services.changes.kinds.subscriptions import CANCEL
from billing.services.maintenance import audit_retention, resealing
from tests.services.changes.conftest import Prepare
from tests.services.changes.kinds.subscriptions import ACME, prepare_change

pytestmark = pytest.mark.django_db

Prune = Callable[[datetime], object]


@pytest.fixture
def sent(erin: Actor, rename: Prepare) -> Change:
    """Return a change that was sent a hundred days ago."""
    row = changes.send(erin, rename("Jane Doe").pk, changes.Signature(reason="Jane asked", ticket="FIN-1"))
    old = timezone.now() - timedelta(days=100)
    Change.objects.filter(pk=row.pk).update(sent_at=old, settled_at=old)
    return row


@pytest.fixture
def page(erin: Actor, static_files: None) -> Client:
    client = Client()
    client.force_login(erin.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("prune", [audit_retention.prune, audit_retention.prune_contents])
def test_pruning_deletes_the_payload_and_the_page_says_so(
    sent: Change, rename: Prepare, page: Client, prune: Prune
) -> None:
    fresh = rename("Somebody Else")
    prune(timezone.now() - timedelta(days=30))

    sent.refresh_from_db()
    assert (sent.envelope, sent.reason, sent.ticket, sent.state) == ("", "", "FIN-1", "succeeded")
    text = page.get(f"/changes/{sent.pk}/").text
    assert "Details deleted." in text
    assert "Jane" not in text
    assert "Somebody Else" in page.get(f"/changes/{fresh.pk}/").text
    assert "contents of 1 changes" in AuditEntry.objects.get(verb="audit.prune_changes").detail
    verify.verify()


def test_change_without_payload_can_be_neither_undone_nor_repeated(
    sent: Change, erin: Actor, page: Client
) -> None:
    assert changes.undoable(erin, [str(sent.pk)])
    changes.delete_payloads(timezone.now())

    assert not changes.undoable(erin, [str(sent.pk)])
    for verb in ("undo", "repeat"):
        answer = page.post(f"/changes/{sent.pk}/{verb}/")
        assert (answer.status_code, describe(changes.PayloadDeleted()).title in answer.text) == (410, True)
    assert page.get("/changes/").status_code == 200


def test_change_without_payload_is_not_resealed(sent: Change) -> None:
    changes.delete_payloads(timezone.now())
    counts = resealing.reseal_all(on_failure=pytest.fail)

    assert (counts.changed, counts.failed) == (0, 0)


def test_earlier_cancellation_without_payload_is_ignored(erin: Actor) -> None:
    signature = changes.Signature(reason="r", ticket="FIN-1", confirmation=ACME["subscription_id"])
    change = prepare_change(erin, CANCEL)
    payload = changes.payload_of(erin, change)
    changes.send(erin, change.pk, signature)
    assert preconditions.of_kind(CANCEL, payload)

    changes.delete_payloads(timezone.now())

    assert not preconditions.of_kind(CANCEL, payload)


def test_command_counts_the_payloads(sent: Change) -> None:
    output = io.StringIO()
    call_command("prune_audit", "--older-than-days", "30", "--contents-only", stdout=output)

    assert "and the contents of 1 changes. Use --yes to delete." in output.getvalue()
    assert Change.objects.get(pk=sent.pk).envelope
