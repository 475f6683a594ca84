"""Audit retention: delete old entries so that the rest of the chain can still be verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from billing.models import AuditContent, AuditEntry
from billing.services import audit, changes
from billing.services.actor import Door
from billing.services.audit import chain, prunings

# Entries deleted per lock of the chain: 0.1 to 0.2 seconds on PostgreSQL.
_BATCH: Final = 5_000


class NotTableOwner(Exception):
    """The database role may not prune, because it does not own the table. The message names both roles."""


@dataclass(frozen=True, slots=True)
class Prunable:
    """The number of old entries, of their sealed contents, and of completed changes. `last` is the last old entry."""

    entries: int
    contents: int
    changes: int
    last: AuditEntry | None


def prunable(before: datetime) -> Prunable:
    """Count what is older than `before`, up to the first entry that is kept."""
    kept = AuditEntry.objects.filter(at__gte=before).order_by("pk").values_list("pk", flat=True).first()
    old = AuditEntry.objects.order_by("-pk")
    if kept is not None:
        old = old.filter(pk__lt=kept)
    last = old.first()
    contents = AuditContent.objects.filter(pk__lte=last.pk).count() if last else 0
    return Prunable(old.count(), contents, changes.settled_before(before).count(), last)


def prune(before: datetime) -> Prunable:
    """Delete entries and contents older than `before`, and empty changes completed by then. Raise NotTableOwner.

    Each batch is recorded with the hash that the first remaining entry must follow. The portal keeps running between
    batches.
    """
    _require_owner(prunings.ENTRIES)
    found = prunable(before)
    _empty_changes(before)
    while found.last is not None and _prune_batch(found.last.pk, before):
        pass
    return found


def prune_contents(before: datetime) -> Prunable:
    """Delete only the contents of entries older than `before`, and empty changes completed by then.

    Each batch is recorded with the id that it reached. Raise NotTableOwner.
    """
    _require_owner(prunings.CONTENTS)
    found = prunable(before)
    _empty_changes(before)
    while found.last is not None and _prune_contents_batch(found.last.pk):
        pass
    return found


def _prune_batch(up_to: int, before: datetime) -> bool:
    with transaction.atomic():
        chain.lock()
        first = AuditEntry.objects.filter(pk__lte=up_to).order_by("pk")
        batch = list(first.values_list("pk", "hash")[:_BATCH])
        if not batch:
            return False
        last_id, last_hash = batch[-1]
        AuditContent.objects.filter(pk__lte=last_id).delete()
        with without_triggers(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM billing_auditentry WHERE id <= %s", [last_id])
        detail = f"{len(batch)} entries up to {last_id}, from before {before:%Y-%m-%d %H:%M} UTC"
        _record(prunings.ENTRIES, last_hash, detail)
    return True


def _prune_contents_batch(up_to: int) -> bool:
    with transaction.atomic():
        rows = AuditContent.objects.filter(pk__lte=up_to).order_by("pk")
        batch = list(rows.values_list("pk", flat=True)[:_BATCH])
        if not batch:
            return False
        # The last batch extends to the last old entry, because some entries have no content.
        last_id = batch[-1] if len(batch) == _BATCH else up_to
        AuditContent.objects.filter(pk__lte=last_id).delete()
        detail = f"{len(batch)} contents up to entry {last_id}"
        _record(prunings.CONTENTS, str(last_id), detail)
    return True


def _empty_changes(before: datetime) -> None:
    """Delete the values of changes along with the audit contents, which hold the same values."""
    with transaction.atomic():
        count = changes.delete_payloads(before)
        if count:
            _record(
                "audit.prune_changes",
                "",
                f"contents of {count} changes, completed before {before:%Y-%m-%d %H:%M} UTC",
            )


def _record(verb: str, subject: str, detail: str) -> None:
    audit.record_unattended(verb, audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=subject, detail=detail)


def excess_privileges() -> list[str]:
    """List what the portal's PostgreSQL role may do to the audit log but should not, as in "change audit entries"."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class"
            " WHERE oid = 'billing_auditentry'::regclass),"
            " has_table_privilege('billing_auditentry', 'UPDATE, DELETE, TRUNCATE'),"
            " has_table_privilege('billing_auditcontent', 'DELETE, TRUNCATE')"
        )
        granted = cursor.fetchone()
    privileges = (
        "disable the triggers that protect the audit log, because it owns the table",
        "change audit entries",
        "delete the sealed contents of audit entries",
    )
    return [text for text, is_granted in zip(privileges, granted, strict=True) if is_granted]


@contextmanager
def without_triggers() -> Iterator[None]:
    """Disable the append-only triggers inside this transaction. Only the owner of the table may."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            table = "billing_auditentry"
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER billing_audit_append_only")
            cursor.execute(f"GRANT UPDATE, DELETE ON {table} TO CURRENT_USER")
            yield
            cursor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM CURRENT_USER")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER billing_audit_append_only")
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'billing_auditentry'"
            )
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield
            for _, sql in triggers:
                cursor.execute(sql)


def _require_owner(verb: str) -> None:
    problem = _ownership_problem()
    if problem:
        audit.record_unattended(verb, audit.Outcome.REFUSED, door=Door.COMMAND, detail=problem)
        raise NotTableOwner(problem)


def _ownership_problem() -> str:
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(relowner), pg_has_role(current_user, relowner, 'USAGE') "
            "FROM pg_class WHERE oid = 'billing_auditentry'::regclass"
        )
        role, owner, is_owner = cursor.fetchone()
    return "" if is_owner else f"the audit table belongs to the role {owner}, not to {role}"
