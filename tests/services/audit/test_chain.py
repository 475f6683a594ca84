"""Entries form a chain, and their contents are sealed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs
from structlog.typing import EventDict

from billing.altostrat.errors import AltostratError, Broken, NotFound, Unreachable
from billing.altostrat.operations.invoices import LIST_INVOICES, PREVIEW_INVOICE
from billing.models import AuditContent, AuditEntry, AuditHead
from billing.models.chain import hash_of
from billing.roles import Role
from billing.services import audit
from billing.services.actor import Actor
from billing.services.audit import content
from billing.services.reads import Failed, Read, recording
from billing.vault import CannotUnseal
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

DONE = audit.Outcome.SUCCEEDED


@pytest.fixture
def alice() -> Actor:
    return actor_called("alice")


def test_entry_holds_the_previous_hash(alice: Actor) -> None:
    before = AuditHead.objects.get()
    first, second = audit.record(alice, "a.first", DONE), audit.record(alice, "a.second", DONE)

    assert (first.previous_hash, second.previous_hash) == (before.hash, first.hash)
    assert (first.pk, second.pk) == (before.entry_id + 1, before.entry_id + 2)
    assert AuditHead.objects.get().hash == second.hash
    for entry in AuditEntry.objects.all():
        assert entry.hash == hash_of(entry)


def test_rolled_back_entry_leaves_no_gap(alice: Actor) -> None:
    first = audit.record(alice, "a.first", DONE)
    with transaction.atomic():
        audit.record(alice, "a.lost", DONE)
        transaction.set_rollback(True)

    second = audit.record(alice, "a.second", DONE)

    assert (second.pk, second.previous_hash) == (first.pk + 1, first.hash)


def test_chain_continues_after_the_head_is_lost(alice: Actor) -> None:
    first = audit.record(alice, "a.first", DONE)
    AuditHead.objects.all().delete()

    assert audit.record(alice, "a.second", DONE).previous_hash == first.hash


def test_entry_holds_all_details(alice: Actor) -> None:
    entry = audit.record(
        alice,
        "billing_account.update",
        DONE,
        workspace_id="ws_1",
        billing_account_id="cus_1",
        reason="Customer moved",
        ticket="FIN-12",
        upstream_status=200,
        upstream_request_id="req_1",
    )

    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.role, stored.billing_account_id, stored.reason, stored.ticket) == (
        "editor",
        "cus_1",
        "Customer moved",
        "FIN-12",
    )
    assert (stored.upstream_status, stored.upstream_request_id) == (200, "req_1")


def test_values_are_sealed_and_covered_by_a_digest(alice: Actor) -> None:
    entry = audit.record(alice, "a.change", DONE, before={"name": "Old Name"}, after={"name": "New Name"})

    row = AuditContent.objects.get(pk=entry.pk)
    assert content.unseal(entry) == content.Content({"name": "Old Name"}, {"name": "New Name"})
    assert row.envelope.startswith("v1:")
    assert len(entry.content_digest) == 64
    same = audit.record(alice, "a.change", DONE, before={"name": "Old Name"}, after={"name": "New Name"})
    assert same.content_digest != entry.content_digest, "equal values must not have equal digests"


def test_content_of_another_entry_does_not_open(alice: Actor) -> None:
    one, other = (audit.record(alice, "a.change", DONE, after={"n": n}) for n in (1, 2))
    envelope = AuditContent.objects.get(pk=other.pk).envelope
    AuditContent.objects.filter(pk=one.pk).update(envelope=envelope)

    with pytest.raises(CannotUnseal):
        content.unseal(one)


def test_replaced_content_is_detected(alice: Actor) -> None:
    entry = audit.record(alice, "a.change", DONE, after={"n": 1})
    scratch = AuditEntry(pk=entry.pk)
    forged = content.seal(scratch, None, {"n": 2})
    AuditContent.objects.filter(pk=entry.pk).update(envelope=forged)

    with pytest.raises(content.ContentForged):
        content.unseal(entry)


# With recursive triggers, SQLite would run the triggers for deletions; anyone may turn them off.
REPLACEMENTS = (
    "INSERT OR REPLACE INTO billing_auditentry SELECT * FROM billing_auditentry",
    "REPLACE INTO billing_auditentry SELECT * FROM billing_auditentry",
    "UPDATE OR REPLACE billing_auditentry SET outcome = 'failed'",
)
ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has these statements")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_auditentry SET outcome = 'failed'",
        "DELETE FROM billing_auditentry",
        "INSERT INTO billing_auditentry SELECT * FROM billing_auditentry WHERE true "
        "ON CONFLICT (id) DO UPDATE SET outcome = 'failed'",
        *(pytest.param(statement, marks=ON_SQLITE) for statement in REPLACEMENTS),
        pytest.param(
            "TRUNCATE billing_auditentry",
            marks=pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no TRUNCATE"),
        ),
    ],
)
def test_database_refuses_changes(alice: Actor, statement: str) -> None:
    audit.record(alice, "a.first", DONE)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEntry.objects.get().outcome == "succeeded"


def test_entry_cannot_be_created_outside_the_chain(alice: Actor) -> None:
    with pytest.raises(TypeError, match="record"):
        AuditEntry.objects.create(actor_name="x", door="page", verb="a.b", outcome=DONE)


def test_repeated_reads_are_one_entry(alice: Actor) -> None:
    bob = actor_called("bob", Role.VIEWER)
    for actor in (alice, alice, bob):
        audit.record_read(actor, "ws_1", "cus_1")
    audit.record_read(alice, "ws_1", "cus_2")

    reads = AuditEntry.objects.filter(verb="billing_account.read").order_by("pk")
    assert [(entry.actor_name, entry.billing_account_id) for entry in reads] == [
        ("alice", "cus_1"),
        ("bob", "cus_1"),
        ("alice", "cus_2"),
    ]


def test_copy_is_recorded_unless_a_live_read_was(alice: Actor) -> None:
    for is_copy in (True, True, False, True):
        audit.record_read(alice, "ws_1", "cus_1", is_copy=is_copy)

    assert list(AuditEntry.objects.order_by("pk").values_list("detail", flat=True)) == [audit.FROM_COPY, ""]


def test_refused_preview_is_not_a_refused_read(alice: Actor) -> None:
    path = {"workspace_id": "ws_1", "billing_account_id": "cus_1"}
    recording.log_access(alice, [(Read(PREVIEW_INVOICE, path), Failed(NotFound("POST", "/x", status=404)))])

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFound("GET", "/x", status=404, request_id="r"), "refused"),
        (Broken("GET", "/x", status=500, request_id="r"), "failed"),
        (Unreachable("GET", "/x"), "failed"),
    ],
    ids=["refused", "broken", "unreachable"],
)
def test_failed_read_is_recorded_with_its_outcome(alice: Actor, error: AltostratError, outcome: str) -> None:
    path = {"workspace_id": "ws_1", "billing_account_id": "cus_1"}
    recording.log_access(alice, [(Read(LIST_INVOICES, path), Failed(error))])

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.outcome, entry.upstream_status) == (audit.READ, outcome, error.status)


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """Yield the events of the audit log's logger."""
    with capture_logs() as written:
        yield written


def test_entry_is_logged_as_json_without_personal_data(
    alice: Actor,
    lines: list[EventDict],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        entry = audit.record(
            alice, "a.change", DONE, reason="Secret words", ticket="FIN-1", after={"name": "Ada Lovelace"}
        )
        assert lines == [], "logged before the commit"

    (logged,) = lines
    assert tuple(logged[name] for name in ("event", "id", "verb", "actor_id", "ticket", "hash")) == (
        "audit",
        entry.pk,
        "a.change",
        alice.user.pk,
        "FIN-1",
        entry.hash,
    )
    for personal in ("Secret words", "Lovelace", "alice"):
        assert personal not in str(logged)


def test_pruning_is_logged_with_what_it_deleted(
    alice: Actor,
    lines: list[EventDict],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        audit.record(alice, "audit.prune", DONE, subject="0" * 64, detail="3 entries up to 3")
        audit.record(alice, "token.save", DONE, subject="Ada's token", detail="of Ada")

    pruning, saving = lines
    assert (pruning["subject"], pruning["detail"]) == ("0" * 64, "3 entries up to 3")
    assert "Ada" not in repr(saving)
