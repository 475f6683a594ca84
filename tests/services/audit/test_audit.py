"""The audit only grows."""

from __future__ import annotations

import pytest

from billing.models import AuditEntry
from billing.services import audit
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> AuditEntry:
    return audit.record(actor_called("alice"), "token.save", audit.Outcome.SUCCEEDED, subject="Finance")


def test_it_tells_who_when_what_from_where_and_how_it_ended(entry: AuditEntry) -> None:
    stored = AuditEntry.objects.get(pk=entry.pk)

    assert (stored.actor_name, stored.door, stored.address, stored.request_id) == (
        "alice",
        "page",
        "127.0.0.1",
        "test-request",
    )
    assert (stored.verb, stored.subject, stored.outcome) == ("token.save", "Finance", "succeeded")


def test_it_refuses_to_change_an_entry(entry: AuditEntry) -> None:
    entry.verb = "nothing.happened"

    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        AuditEntry.objects.update(verb="nothing.happened")


def test_it_refuses_to_delete_an_entry(entry: AuditEntry) -> None:
    with pytest.raises(TypeError):
        entry.delete()
    with pytest.raises(TypeError):
        AuditEntry.objects.all().delete()


def test_it_keeps_the_name_of_somebody_who_left(entry: AuditEntry) -> None:
    assert entry.actor is not None
    entry.actor.delete()

    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "alice"
