"""The chain of the audit: where each entry gets its place, its hash and its line in the log."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from billing.models import AuditEntry, AuditHead
from billing.models.chain import columns_of, hash_of
from billing.services.audit import content as audit_content
from billing.services.audit.content import JsonMap

logger = logging.getLogger("audit")

# Names, addresses and what people write are for the audit, not for every place that collects logs: ids lead there.
_LOGGED: Final = (
    *("id", "at", "actor_id", "role", "door", "key_prefix", "request_id", "verb", "outcome", "ticket"),
    *(
        "workspace_id",
        "billing_account_id",
        "upstream_status",
        "upstream_request_id",
        "previous_hash",
        "hash",
    ),
)
# Of a pruning, what went and up to where: whoever looks for a forged one has it here, too.
_LOGGED_OF_PRUNINGS: Final = ("subject", "detail")
_LONGEST_WAIT: Final = "10s"


def append(entry: AuditEntry, *, before: JsonMap | None = None, after: JsonMap | None = None) -> AuditEntry:
    """Writes `entry` at the end of the chain, with the caller's transaction or in one of its own.

    Whoever adds an entry holds the end of the chain until the transaction is over, so that no two entries follow the
    same one. Inside a transaction it should therefore come last: what waits for another row after it may deadlock.
    """
    with transaction.atomic(savepoint=False):
        head = hold()
        entry.pk, entry.previous_hash = head.entry_id + 1, head.hash
        entry.at = timezone.now()
        content = None if before is None and after is None else audit_content.seal(entry, before, after)
        entry.hash = hash_of(entry)
        entry.save(force_insert=True)
        if content is not None:
            content.save(force_insert=True)
        AuditHead.objects.filter(pk=AuditHead.ONLY).update(entry_id=entry.pk, hash=entry.hash)
        transaction.on_commit(partial(_tell, entry), robust=True)
    return entry


def hold() -> AuditHead:
    """The end of the chain, nobody else's until this transaction ends. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with (
            connection.cursor() as cursor
        ):  # an error after ten seconds, rather than a site that stands still
            cursor.execute(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT}'")
    head = AuditHead.objects.select_for_update().filter(pk=AuditHead.ONLY).first()
    if head is None:
        last = AuditEntry.objects.order_by("-pk").first()
        start = AuditHead(entry_id=last.pk if last else 0, hash=last.hash if last else "")
        AuditHead.objects.bulk_create([start], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(pk=AuditHead.ONLY)
    return head


def _tell(entry: AuditEntry) -> None:
    """One line of JSON, for whatever collects security events."""
    columns = columns_of(entry)
    names = (*_LOGGED, *_LOGGED_OF_PRUNINGS) if entry.verb.startswith("audit.prune") else _LOGGED
    told = {name: columns[name] for name in names if name in columns}
    logger.info(json.dumps({"event": "audit", **told}))
