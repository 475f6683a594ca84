"""The audit chain: gives each entry its id, its hash and its log line."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

import structlog
from django.db import connection, transaction
from django.utils import timezone

from billing.models import AuditContent, AuditEntry, AuditHead
from billing.models.chain import columns_of, hash_of_columns
from billing.services.audit import content as audit_content
from billing.services.audit.content import JsonMap
from billing.services.storage import statements
from billing.services.storage.postgresql import LOCK_SECONDS

# At any LOG_LEVEL.
logger = structlog.wrap_logger(
    None, wrapper_class=structlog.make_filtering_bound_logger(logging.INFO), logger_factory_args=("audit",)
)

_TIMEOUT: Final = f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"
_HEAD: Final = "SELECT entry_id, hash FROM billing_audithead WHERE id = %s"

# Logs get ids only. Names, addresses and texts stay in the audit log.
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
# A pruning also logs what it deleted, so that a forged one can be found by comparing the two.
_LOGGED_FOR_PRUNINGS: Final = ("subject", "detail")


def append(entry: AuditEntry, *, before: JsonMap | None = None, after: JsonMap | None = None) -> AuditEntry:
    """Append `entry` to the chain, in the caller's transaction or in a new one.

    The end of the chain stays locked until the transaction ends, so that no two entries follow the same one. Call this
    last in a transaction: locking another row afterwards can deadlock.
    """
    with transaction.atomic(savepoint=False):
        last_id, last_hash = lock()
        entry.pk, entry.previous_hash = last_id + 1, last_hash
        entry.at = timezone.now()
        envelope = None if before is None and after is None else audit_content.seal(entry, before, after)
        columns = columns_of(entry)
        columns["hash"] = entry.hash = hash_of_columns(columns)
        statements.insert_row(entry)
        if envelope is not None:
            statements.insert(AuditContent, {"entry_id": entry.pk, "envelope": envelope})
        statements.update(AuditHead, {"id": AuditHead.ONLY}, {"entry_id": entry.pk, "hash": entry.hash})
        transaction.on_commit(partial(_log, columns), robust=True)
    return entry


def lock() -> tuple[int, str]:
    """Lock the end of the chain until the transaction ends, and return the ID and the hash of its last entry.

    SQLite allows one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        statements.execute(_TIMEOUT, [])  # fail after seconds instead of blocking every request
    head = _locked_head()
    if head is None:
        last = AuditEntry.objects.order_by("-pk").first()
        start = AuditHead(entry_id=last.pk if last else 0, hash=last.hash if last else "")
        AuditHead.objects.bulk_create([start], ignore_conflicts=True)
        head = _locked_head()
        assert head is not None
    return head


def _locked_head() -> tuple[int, str] | None:
    sql = f"{_HEAD} FOR UPDATE" if connection.vendor == "postgresql" else _HEAD
    found = statements.rows(sql, [AuditHead.ONLY])
    return found[0] if found else None


def _log(columns: dict[str, int | str]) -> None:
    """Log the entry for the collector of security events."""
    is_pruning = str(columns["verb"]).startswith("audit.prune")
    names = (*_LOGGED, *_LOGGED_FOR_PRUNINGS) if is_pruning else _LOGGED
    logger.info("audit", **{name: columns[name] for name in names if name in columns})
