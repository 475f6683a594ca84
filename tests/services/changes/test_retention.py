"""Retention takes what a change held along with the audit's copy of it; that it was sent stays."""

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
from tests.services.changes.kinds.subscriptions import ACME, prepared

pytestmark = pytest.mark.django_db

Prune = Callable[[datetime], object]


@pytest.fixture
def sent(erin: Actor, rename: Prepare) -> Change:
    """Sent and settled a hundred days ago."""
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
def test_both_prunings_take_it_and_the_page_says_so(
    sent: Change, rename: Prepare, page: Client, prune: Prune
) -> None:
    fresh = rename("Somebody Else")
    prune(timezone.now() - timedelta(days=30))

    sent.refresh_from_db()
    assert (sent.envelope, sent.reason, sent.ticket, sent.state) == ("", "", "FIN-1", "succeeded")
    told = page.get(f"/changes/{sent.pk}/").text
    assert "Details deleted." in told
    assert "Jane" not in told
    assert "Somebody Else" in page.get(f"/changes/{fresh.pk}/").text
    assert "contents of 1 changes" in AuditEntry.objects.get(verb="audit.prune_changes").detail
    verify.verify()


def test_what_is_gone_can_be_neither_undone_nor_made_again(sent: Change, erin: Actor, page: Client) -> None:
    assert changes.undoable(erin, [str(sent.pk)])
    changes.delete_payloads(timezone.now())

    assert not changes.undoable(erin, [str(sent.pk)])
    for verb in ("undo", "again"):
        answer = page.post(f"/changes/{sent.pk}/{verb}/")
        assert (answer.status_code, describe(changes.PayloadDeleted()).title in answer.text) == (410, True)
    assert page.get("/changes/").status_code == 200


def test_what_is_gone_needs_no_new_seal(sent: Change) -> None:
    changes.delete_payloads(timezone.now())
    counts = resealing.reseal_all(on_failure=pytest.fail)

    assert (counts.changed, counts.failed) == (0, 0)


def test_earlier_cancellation_without_payload_is_ignored(erin: Actor) -> None:
    signature = changes.Signature(reason="r", ticket="FIN-1", confirmation=ACME["subscription_id"])
    changes.send(erin, prepared(erin, CANCEL).pk, signature)
    payload = changes.new_attempt(erin, changes.Draft(CANCEL.verb, ACME, {})).payload
    assert preconditions.of_kind(CANCEL, payload)

    changes.delete_payloads(timezone.now())

    assert not preconditions.of_kind(CANCEL, payload)


def test_the_command_says_so(sent: Change) -> None:
    told = io.StringIO()
    call_command("prune_audit", "--older-than-days", "30", "--contents-only", stdout=told)

    assert "and the contents of 1 changes. Use --yes to delete." in told.getvalue()
    assert Change.objects.get(pk=sent.pk).envelope
