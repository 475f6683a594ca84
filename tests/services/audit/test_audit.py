"""Audit entries cannot be changed or deleted."""

from __future__ import annotations

import pytest

from billing.models import AuditEntry
from billing.services import audit
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditEntry:
    return audit.record(actor_called("alice"), "token.save", audit.Outcome.SUCCEEDED, subject="Finance")


def test_entry_holds_person_time_action_and_outcome(entry: AuditEntry) -> None:
    stored = AuditEntry.objects.get(pk=entry.pk)

    assert (stored.actor_name, stored.door, stored.address, stored.request_id) == (
        "alice",
        "page",
        "127.0.0.1",
        "test-request",
    )
    assert (stored.verb, stored.subject, stored.outcome) == ("token.save", "Finance", "succeeded")


def test_entry_cannot_be_changed(entry: AuditEntry) -> None:
    entry.verb = "nothing.happened"

    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        AuditEntry.objects.update(verb="nothing.happened")


def test_entry_cannot_be_deleted(entry: AuditEntry) -> None:
    with pytest.raises(TypeError):
        entry.delete()
    with pytest.raises(TypeError):
        AuditEntry.objects.all().delete()


def test_name_stays_when_the_person_is_deleted(entry: AuditEntry) -> None:
    assert entry.actor is not None
    entry.actor.delete()

    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "alice"
