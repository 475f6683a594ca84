"""Letting old entries of the audit go, in a way that the rest still proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from billing.models import AuditContent, AuditEntry
from billing.services import audit, audit_chain
from billing.services.actor import Door
from billing.services.audit_proof import PRUNED


class NotTheOwner(Exception):
    """The database's role may not prune: it does not own the table. The text names both roles."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is older than wanted: the first entries, up to one. `last` is None when there are none."""

    entries: int
    contents: int
    last: AuditEntry | None


def doomed(before: datetime) -> Doomed:
    """All entries up to the first one that is to stay."""
    kept = AuditEntry.objects.filter(at__gte=before).order_by("pk").values_list("pk", flat=True).first()
    old = AuditEntry.objects.order_by("-pk")
    if kept is not None:
        old = old.filter(pk__lt=kept)
    last = old.first()
    contents = AuditContent.objects.filter(pk__lte=last.pk).count() if last else 0
    return Doomed(old.count(), contents, last)


def prune(before: datetime) -> Doomed:
    """Deletes entries and contents older than `before`, and records it: the entry holds the hash that the first one
    left must follow. One transaction; nothing is written to the audit meanwhile. Raises NotTheOwner."""
    obstacle = _obstacle()
    if obstacle:
        audit.record_unattended(PRUNED, audit.Outcome.REFUSED, door=Door.COMMAND, detail=obstacle)
        raise NotTheOwner(obstacle)
    with transaction.atomic():
        audit_chain.hold()
        found = doomed(before)
        if found.last is not None:
            AuditContent.objects.filter(pk__lte=found.last.pk).delete()
            with unguarded(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM billing_auditentry WHERE id <= %s", [found.last.pk])
            detail = f"{found.entries} entries up to {found.last.pk}, from before {before:%Y-%m-%d %H:%M} UTC"
            audit.record_unattended(
                PRUNED,
                audit.Outcome.SUCCEEDED,
                door=Door.COMMAND,
                subject=found.last.hash,
                detail=detail,
            )
    return found


def prune_contents(before: datetime) -> Doomed:
    """Deletes only what entries older than `before` found and left. The portal's own role may do that."""
    with transaction.atomic():
        audit_chain.hold()
        found = doomed(before)
        if found.contents and found.last is not None:
            AuditContent.objects.filter(pk__lte=found.last.pk).delete()
            detail = f"{found.contents} contents up to entry {found.last.pk}"
            audit.record_unattended(
                "audit.prune_contents", audit.Outcome.SUCCEEDED, door=Door.COMMAND, detail=detail
            )
    return found


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
