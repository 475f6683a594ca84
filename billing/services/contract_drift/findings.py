"""What was found, in the database, for all replicas."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q
from django.utils import timezone

from billing.models import ContractDrift

logger = logging.getLogger(__name__)

Kind = ContractDrift.Kind

# A response with new names in every answer must not fill the database.
_MAX_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a field. `path` is like `data[].address.city`, and "" is the whole body."""

    path: str
    kind: ContractDrift.Kind


def record(operation: str, findings: Iterable[Finding]) -> None:
    """Count findings in one response, and log those that no replica has logged today."""
    now = timezone.now()
    has_room = ContractDrift.objects.count() < _MAX_ROWS
    for finding in findings:
        key = {"operation": operation, "path": finding.path[:255], "kind": finding.kind}
        rows = ContractDrift.objects.filter(**key)
        if not rows.update(count=F("count") + 1, last_seen_at=now):
            if not has_room:
                continue
            _, is_new = ContractDrift.objects.get_or_create(**key, defaults={"count": 1, "last_seen_at": now})
            if not is_new:  # another replica was faster
                rows.update(count=F("count") + 1, last_seen_at=now)
        today = now.date()
        if rows.filter(Q(logged_on=None) | Q(logged_on__lt=today)).update(logged_on=today):
            logger.warning(
                "contract drift: %s: %s: %s", operation, finding.kind.label, finding.path or "body"
            )


def all_findings() -> list[ContractDrift]:
    """Return everything found, by operation and field."""
    return list(ContractDrift.objects.order_by("operation", "path", "kind"))


def clear() -> int:
    """Delete everything found, after the contract was updated. Return the number of rows."""
    return ContractDrift.objects.all().delete()[0]
