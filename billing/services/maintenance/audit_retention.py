"""Letting old entries of the audit go, in a way that the rest still proves itself."""

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

# So many go while the end of the chain is held: a tenth or two of a second on PostgreSQL.
_BATCH: Final = 5_000


class NotTheOwner(Exception):
    """The database's role may not prune: it does not own the table. The text names both roles."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is older than wanted: the first entries, up to one, what they found and left, and what changes to Altostrat
    hold that were settled before. `last` is None when there are no entries."""

    entries: int
    contents: int
    changes: int
    last: AuditEntry | None


def doomed(before: datetime) -> Doomed:
    """All entries up to the first one that is to stay."""
    kept = AuditEntry.objects.filter(at__gte=before).order_by("pk").values_list("pk", flat=True).first()
    old = AuditEntry.objects.order_by("-pk")
    if kept is not None:
        old = old.filter(pk__lt=kept)
    last = old.first()
    contents = AuditContent.objects.filter(pk__lte=last.pk).count() if last else 0
    return Doomed(old.count(), contents, changes.settled_before(before).count(), last)


def prune(before: datetime) -> Doomed:
    """Deletes entries and contents older than `before`, and what is in changes of that time. Each batch is recorded
    with the hash that the first entry left must follow: between two of them the site goes on. Raises NotTheOwner."""
    _require_owner(prunings.ENTRIES)
    found = doomed(before)
    _forget_changes(before)
    while found.last is not None and _prune_batch(found.last.pk, before):
        pass
    return found


def prune_contents(before: datetime) -> Doomed:
    """Deletes only what entries older than `before` found and left, and what is in changes of that time, in batches.
    Each is recorded with the id up to which it went. Raises NotTheOwner."""
    _require_owner(prunings.CONTENTS)
    found = doomed(before)
    _forget_changes(before)
    while found.last is not None and _prune_contents_batch(found.last.pk):
        pass
    return found


def _prune_batch(up_to: int, before: datetime) -> bool:
    with transaction.atomic():
        chain.hold()
        first = AuditEntry.objects.filter(pk__lte=up_to).order_by("pk")
        batch = list(first.values_list("pk", "hash")[:_BATCH])
        if not batch:
            return False
        last_id, last_hash = batch[-1]
        AuditContent.objects.filter(pk__lte=last_id).delete()
        with unguarded(), connection.cursor() as cursor:
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
        # The last batch goes up to the end of what is too old: entries without a content are among it.
        last_id = batch[-1] if len(batch) == _BATCH else up_to
        AuditContent.objects.filter(pk__lte=last_id).delete()
        detail = f"{len(batch)} contents up to entry {last_id}"
        _record(prunings.CONTENTS, str(last_id), detail)
    return True


def _forget_changes(before: datetime) -> None:
    """What was sent, and what was there before, stands in changes as well: it goes with the audit's copy of it."""
    with transaction.atomic():
        count = changes.delete_payloads(before)
        if count:
            _record(
                "audit.prune_changes",
                "",
                f"what {count} changes held, settled before {before:%Y-%m-%d %H:%M} UTC",
            )


def _record(verb: str, subject: str, detail: str) -> None:
    audit.record_unattended(verb, audit.Outcome.SUCCEEDED, door=Door.COMMAND, subject=subject, detail=detail)


def powers() -> list[str]:
    """What this process's role on PostgreSQL could do to the audit, and a portal's should not: "change its entries"."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class"
            " WHERE oid = 'billing_auditentry'::regclass),"
            " has_table_privilege('billing_auditentry', 'UPDATE, DELETE, TRUNCATE'),"
            " has_table_privilege('billing_auditcontent', 'DELETE, TRUNCATE')"
        )
        found = cursor.fetchone()
    words = (
        "take the guard off the audit, whose table it owns",
        "change its entries",
        "delete what they sealed",
    )
    return [text for text, may in zip(words, found, strict=True) if may]


@contextmanager
def unguarded() -> Iterator[None]:
    """Takes the database's own refusal away inside this transaction, as the owner of the table can."""
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
    obstacle = _obstacle()
    if obstacle:
        audit.record_unattended(verb, audit.Outcome.REFUSED, door=Door.COMMAND, detail=obstacle)
        raise NotTheOwner(obstacle)


def _obstacle() -> str:
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(relowner), pg_has_role(current_user, relowner, 'USAGE') "
            "FROM pg_class WHERE oid = 'billing_auditentry'::regclass"
        )
        me, owner, may = cursor.fetchone()
    return "" if may else f"the role {me} does not own the audit's table, {owner} does"
