"""verify_audit detects changed columns and removed, inserted and moved entries."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from billing.models import AuditContent, AuditEntry, AuditHead
from billing.models.chain import hash_of
from billing.services import audit
from billing.services.actor import Door
from billing.services.audit import content, verify
from billing.services.audit.verify import Anchor, Broken
from billing.services.maintenance import audit_retention
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

# Values that an attacker might write.
FORGED: dict[str, object] = {
    **dict.fromkeys((field.attname for field in AuditEntry._meta.concrete_fields), "forged"),
    "id": 4_000_000,
    "at": datetime(2020, 1, 1, tzinfo=UTC),
    "actor_id": 4711,
    "address": "203.0.113.9",
    "upstream_status": 418,
    "previous_hash": "0" * 64,
    "hash": "0" * 64,
    "content_digest": "0" * 64,
}


@pytest.fixture
def entries() -> list[AuditEntry]:
    """Return five entries; the third has every column and a content."""
    alice = replace(actor_called("alice"), key_prefix="abp_1")
    for verb in ("a.one", "a.two"):
        audit.record(alice, verb, audit.Outcome.SUCCEEDED)
    audit.record(
        alice,
        "billing_account.update",
        audit.Outcome.SUCCEEDED,
        subject="s",
        workspace_id="ws_1",
        billing_account_id="cus_1",
        detail="d",
        reason="r",
        ticket="T-1",
        before={"name": "Old"},
        after={"name": "New"},
        upstream_status=200,
        upstream_request_id="req",
    )
    audit.record_unattended("key.revoke", audit.Outcome.REFUSED, door=Door.COMMAND)
    audit.record(alice, "a.five", audit.Outcome.FAILED)
    return list(AuditEntry.objects.order_by("pk"))


@pytest.fixture
def sql() -> Iterator[Callable[..., None]]:
    """Yield the database without the audit triggers, as its owner can have it."""
    with audit_retention.without_triggers(), connection.cursor() as cursor:
        yield lambda statement, *values: cursor.execute(statement, values) and None


def forge(entry: AuditEntry, **changed: object) -> None:
    """Overwrite a row without the model's checks."""
    models.QuerySet(AuditEntry).filter(pk=entry.pk).update(**changed)


def test_untouched_chain_is_intact(entries: list[AuditEntry]) -> None:
    proof = verify.verify([Anchor(entries[1].hash), Anchor(entries[2].hash, entries[2].pk)])

    assert (proof.entries, proof.contents, proof.pruned) == (5, 1, 0)
    assert (proof.last_id, proof.head) == (entries[-1].pk, entries[-1].hash)


def test_empty_chain_is_intact() -> None:
    assert verify.verify().entries == 0


@pytest.mark.parametrize("column", sorted(FORGED))
def test_changed_column_is_detected(entries: list[AuditEntry], sql: Callable[..., None], column: str) -> None:
    assert getattr(entries[2], column) not in ("", None)
    forge(entries[2], **{column: FORGED[column]})

    with pytest.raises(Broken) as caught:
        verify.verify()

    # A row with another id is missing in its old place, which shows at the next row.
    assert caught.value.entry_id == (entries[3].pk if column == "id" else entries[2].pk)


@pytest.mark.parametrize("column", ["subject", "detail", "ticket", "upstream_status"])
def test_value_in_an_empty_column_is_detected(
    entries: list[AuditEntry], sql: Callable[..., None], column: str
) -> None:
    forge(entries[0], **{column: FORGED[column]})

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == entries[0].pk


@pytest.mark.parametrize("removed", [0, 1, 3])
def test_removed_entry_is_detected(entries: list[AuditEntry], sql: Callable[..., None], removed: int) -> None:
    sql("DELETE FROM billing_auditentry WHERE id = %s", entries[removed].pk)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == entries[removed + 1].pk


def test_inserted_entry_is_detected(entries: list[AuditEntry], sql: Callable[..., None]) -> None:
    """Its own hash is right, and it takes the id of a removed entry."""
    sql("DELETE FROM billing_auditentry WHERE id = %s", entries[3].pk)
    forged = AuditEntry(
        pk=entries[3].pk, previous_hash=entries[2].hash, verb="key.issue", door="page", outcome="succeeded"
    )
    forged.hash = hash_of(forged)
    forged.save(force_insert=True)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == entries[4].pk


def test_entry_appended_without_the_portal_is_detected(entries: list[AuditEntry]) -> None:
    last = entries[-1]
    forged = AuditEntry(pk=last.pk + 1, previous_hash=last.hash, verb="a.b", door="page", outcome="failed")
    forged.hash = hash_of(forged)
    forged.save(force_insert=True)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == forged.pk


def test_swapped_entries_are_detected(entries: list[AuditEntry], sql: Callable[..., None]) -> None:
    one, other = entries[1].pk, entries[3].pk
    for old, new in ((one, -1), (other, one), (-1, other)):
        sql("UPDATE billing_auditentry SET id = %s WHERE id = %s", new, old)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == one


def test_missing_end_is_detected(entries: list[AuditEntry], sql: Callable[..., None]) -> None:
    sql("DELETE FROM billing_auditentry WHERE id > %s", entries[2].pk)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == entries[-1].pk


def test_empty_table_is_detected(entries: list[AuditEntry], sql: Callable[..., None]) -> None:
    sql("DELETE FROM billing_auditentry")

    with pytest.raises(Broken):
        verify.verify()


@pytest.mark.parametrize("with_id", [False, True])
def test_noted_hash_detects_a_missing_end_with_a_forged_head(
    entries: list[AuditEntry], sql: Callable[..., None], with_id: bool
) -> None:
    sql("DELETE FROM billing_auditentry WHERE id > %s", entries[2].pk)
    AuditHead.objects.update(entry_id=entries[2].pk, hash=entries[2].hash)
    verify.verify()

    with pytest.raises(Broken):
        verify.verify([Anchor(entries[-1].hash, entries[-1].pk if with_id else None)])


def test_noted_hash_detects_a_rewritten_chain(entries: list[AuditEntry], sql: Callable[..., None]) -> None:
    noted, last = Anchor(entries[-1].hash, entries[-1].pk), ""
    for entry in entries:
        entry.actor_name, entry.previous_hash = "mallory", last
        entry.hash = last = hash_of(entry)
        forge(entry, actor_name=entry.actor_name, previous_hash=entry.previous_hash, hash=entry.hash)
    AuditHead.objects.update(hash=last)
    verify.verify()

    with pytest.raises(Broken) as caught:
        verify.verify([noted])

    assert caught.value.entry_id == noted.entry_id


def test_forged_content_is_detected(entries: list[AuditEntry]) -> None:
    forged = content.seal(AuditEntry(pk=entries[2].pk), None, {"name": "Other"})
    AuditContent.objects.filter(pk=entries[2].pk).update(envelope=forged)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == entries[2].pk
    verify.verify(with_contents=False)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_command_prints_the_counts_and_the_head(entries: list[AuditEntry]) -> None:
    printed = run("verify_audit")

    assert printed.startswith("The chain is intact. Entries: 5; contents: 1 opened, 0 pruned.")
    assert f"Head: {entries[-1].pk}:{entries[-1].hash}" in printed
    run("verify_audit", "--expect-head", entries[-1].hash, "--anchor", f"{entries[0].pk}:{entries[0].hash}")


def test_printed_head_is_accepted_by_the_next_run(entries: list[AuditEntry]) -> None:
    (head,) = re.findall(r"^Head: (\S+)$", run("verify_audit"), re.MULTILINE)
    for option in ("--expect-head", "--anchor"):
        assert "The chain is intact." in run("verify_audit", option, head)


def test_head_in_a_file_must_be_in_the_chain_and_is_replaced(
    entries: list[AuditEntry], tmp_path: Path
) -> None:
    file = tmp_path / "head"
    assert "The end is not verified" in run("verify_audit", "--head-file", str(file))
    assert file.read_text() == f"{entries[-1].pk}:{entries[-1].hash}\n"
    assert "The end is not verified" not in run("verify_audit", "--head-file", str(file))

    forged = f"{entries[-1].pk}:{'0' * 64}\n"
    file.write_text(forged)
    with pytest.raises(CommandError, match="The chain is broken"):
        run("verify_audit", "--head-file", str(file))
    assert file.read_text() == forged


@pytest.mark.parametrize("content", ["", "7", "nonsense"])
def test_file_without_a_head_is_refused(entries: list[AuditEntry], tmp_path: Path, content: str) -> None:
    file = tmp_path / "head"
    file.write_text(content)

    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_audit", "--head-file", str(file))


def test_empty_log_has_no_head(db: None) -> None:
    assert "Head:" not in run("verify_audit")


@pytest.mark.parametrize("changed", ["id", "hash"])
def test_head_that_is_not_in_the_chain_is_reported(entries: list[AuditEntry], changed: str) -> None:
    entry, other = entries[-1], entries[0]
    head = f"{other.pk}:{entry.hash}" if changed == "id" else f"{entry.pk}:{'0' * 64}"

    with pytest.raises(CommandError, match="The chain is broken"):
        run("verify_audit", "--expect-head", head)


@pytest.mark.parametrize("malformed", ["", ":", "7", "7:", f":{'a' * 64}", f"x:{'a' * 64}", "a" * 63])
def test_malformed_head_is_refused(malformed: str) -> None:
    with pytest.raises(CommandError, match=r"hash|ID:HASH"):
        run("verify_audit", "--expect-head", malformed)


def test_command_warns_that_the_end_is_not_verified(entries: list[AuditEntry]) -> None:
    words = "The end is not verified: without --expect-head"

    assert words in run("verify_audit")
    assert words not in run("verify_audit", "--expect-head", entries[-1].hash)


def test_command_fails_and_names_the_first_broken_entry(
    entries: list[AuditEntry], sql: Callable[..., None]
) -> None:
    forge(entries[1], verb="forged")
    forge(entries[3], verb="forged")

    with pytest.raises(CommandError, match=rf"Entry {entries[1].pk}: it was changed") as caught:
        run("verify_audit")

    assert caught.value.returncode == 1


def test_entries_are_read_in_batches(
    entries: list[AuditEntry],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[..., object],
) -> None:
    monkeypatch.setattr(verify, "_BATCH", 2)
    # Two queries for each batch with contents, one for the end, and four for the start and the head.
    with django_assert_num_queries(3 + 1 + 1 + 3):  # type: ignore[attr-defined]
        assert verify.verify().entries == 5


@pytest.fixture
def aged(entries: list[AuditEntry]) -> list[AuditEntry]:
    """Return five entries in a valid chain, of which the first three are 100 days old."""
    last = ""
    with audit_retention.without_triggers():
        for number, entry in enumerate(entries):
            entry.at = timezone.now() - timedelta(days=100 if number < 3 else 1)
            entry.previous_hash = last
            entry.hash = last = hash_of(entry)
            forge(entry, at=entry.at, previous_hash=entry.previous_hash, hash=entry.hash)
    AuditHead.objects.update(hash=last)
    verify.verify()
    return entries


def test_pruning_without_yes_deletes_nothing(aged: list[AuditEntry]) -> None:
    printed = run("prune_audit", "--older-than-days", "30")

    assert f"Would delete 3 entries, up to entry {aged[2].pk}:{aged[2].hash}, 1 sealed contents" in printed
    assert AuditEntry.objects.count() == 5


def test_remaining_chain_is_intact_after_pruning(aged: list[AuditEntry]) -> None:
    run("prune_audit", "--older-than-days", "30", "--yes")

    left = list(AuditEntry.objects.order_by("pk"))
    assert [entry.pk for entry in left[:2]] == [aged[3].pk, aged[4].pk]
    assert (left[2].verb, left[2].door, left[2].subject) == ("audit.prune", "command", aged[2].hash)
    assert not AuditContent.objects.exists()
    assert verify.verify([Anchor(aged[2].hash), Anchor(aged[4].hash)]).entries == 3


def test_chain_is_intact_after_pruning_everything(aged: list[AuditEntry]) -> None:
    audit_retention.prune(timezone.now() - timedelta(days=30))
    audit_retention.prune(timezone.now() + timedelta(days=1))

    assert [entry.verb for entry in AuditEntry.objects.all()] == ["audit.prune"]
    assert verify.verify().entries == 1


def test_removed_first_entry_is_detected_after_pruning(aged: list[AuditEntry]) -> None:
    audit_retention.prune(timezone.now() - timedelta(days=30))
    with audit_retention.without_triggers(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_auditentry WHERE id = %s", [aged[3].pk])

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == aged[4].pk


def test_contents_can_be_pruned_alone(aged: list[AuditEntry]) -> None:
    printed = run("prune_audit", "--older-than-days", "30", "--contents-only", "--yes")

    assert "Deleted 1 sealed contents" in printed
    proof = verify.verify()
    assert (proof.entries, proof.contents, proof.pruned) == (6, 0, 1)
    with pytest.raises(content.ContentPruned):
        content.unseal(AuditEntry.objects.get(pk=aged[2].pk))


def test_triggers_are_restored_after_pruning(aged: list[AuditEntry]) -> None:
    audit_retention.prune(timezone.now() - timedelta(days=30))
    guards = (
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'billing_auditentry'::regclass AND tgenabled = 'O'"
        if connection.vendor == "postgresql"
        else "SELECT count(*) / 3 FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(guards)
        assert cursor.fetchone() == (1,)


def test_command_prints_prunings_and_the_start_of_the_chain(aged: list[AuditEntry]) -> None:
    assert f"Start: entry {aged[0].pk}; nothing was pruned." in run("verify_audit")
    run("prune_audit", "--older-than-days", "30", "--yes")

    printed = run("verify_audit")

    pruning = AuditEntry.objects.get(verb="audit.prune")
    assert f"Start: entry {aged[3].pk}; the {aged[2].pk} entries before it were pruned." in printed
    assert f"Pruning: entry {pruning.pk}, {pruning.at:%Y-%m-%d %H:%M} UTC: 3 entries up to" in printed


def test_missing_content_without_a_pruning_is_detected(aged: list[AuditEntry]) -> None:
    AuditContent.objects.all().delete()

    with pytest.raises(Broken, match="no pruning covers it") as caught:
        verify.verify()

    assert caught.value.entry_id == aged[2].pk
    with pytest.raises(content.ContentMissing):
        content.unseal(aged[2])


def test_pruning_does_not_explain_later_missing_contents(aged: list[AuditEntry]) -> None:
    audit_retention.prune_contents(timezone.now() - timedelta(days=30))
    later = audit.record(actor_called("bob"), "a.six", audit.Outcome.SUCCEEDED, after={"name": "New"})
    verify.verify()
    AuditContent.objects.filter(pk=later.pk).delete()

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == later.pk


@pytest.mark.parametrize("prune", [audit_retention.prune, audit_retention.prune_contents])
def test_each_pruned_batch_leaves_an_intact_chain(
    aged: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, prune: Callable[[datetime], object]
) -> None:
    audit.record(actor_called("bob"), "a.six", audit.Outcome.SUCCEEDED, after={"name": "New"})
    monkeypatch.setattr(audit_retention, "_BATCH", 1)
    prune(timezone.now() + timedelta(days=1))

    assert AuditEntry.objects.filter(verb__in=("audit.prune", "audit.prune_contents")).count() > 1
    assert not AuditContent.objects.exists()
    verify.verify()


@pytest.mark.parametrize("prune", [audit_retention.prune, audit_retention.prune_contents])
def test_pruning_during_verification_is_not_an_error(
    aged: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, prune: Callable[[datetime], object]
) -> None:
    monkeypatch.setattr(verify, "_BATCH", 1)
    batches = verify._batches()

    def interrupted() -> Iterator[list[AuditEntry]]:
        yield next(batches)
        prune(timezone.now() - timedelta(days=30))
        yield from batches

    monkeypatch.setattr(verify, "_batches", interrupted)

    assert verify.verify([Anchor(aged[4].hash)]).last_id == aged[4].pk + 1


def test_removal_during_verification_is_detected(
    aged: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_retention.prune(timezone.now() - timedelta(days=30))
    monkeypatch.setattr(verify, "_BATCH", 1)
    batches = verify._batches()

    def interrupted() -> Iterator[list[AuditEntry]]:
        yield next(batches)
        with audit_retention.without_triggers(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM billing_auditentry WHERE id = %s", [aged[4].pk])
        yield from batches

    monkeypatch.setattr(verify, "_batches", interrupted)

    with pytest.raises(Broken) as caught:
        verify.verify()

    assert caught.value.entry_id == aged[4].pk + 1
