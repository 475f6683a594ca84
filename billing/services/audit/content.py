"""The values before and after an action, sealed beside its audit entry. The entry holds their digest."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from billing.models import AuditContent, AuditEntry
from billing.services.audit import prunings
from billing.services.storage import key_ring

JsonMap = Mapping[str, Any]


class ContentPruned(LookupError):
    """The values were deleted by retention."""


class ContentMissing(LookupError):
    """The values are missing, and no pruning in the chain explains it."""


class ContentForged(Exception):
    """The stored values do not match the digest in the entry."""


@dataclass(frozen=True, slots=True)
class Content:
    """The values before and after an action, each None if there were none."""

    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def seal(entry: AuditEntry, before: JsonMap | None, after: JsonMap | None) -> str:
    """Return the envelope of the values, and set the digest of `entry`, which already has its id.

    The digest also covers random bytes, so that the values cannot be guessed from it.
    """
    plain = json.dumps(
        {"salt": secrets.token_hex(16), "before": before, "after": after},
        cls=DjangoJSONEncoder,
        separators=(",", ":"),
    )
    entry.content_digest = _digest(plain)
    return key_ring.key_ring().seal(plain, _context(entry.pk))


def unseal(entry: AuditEntry) -> Content:
    """Return the values before and after the action; both are None if it recorded none.

    Raise ContentPruned, ContentMissing, ContentForged, `vault.CannotUnseal`.
    """
    if not entry.content_digest:
        return Content()
    row = AuditContent.objects.filter(pk=entry.pk).first()
    if row is None:
        raise ContentPruned if entry.pk <= prunings.contents_pruned_up_to() else ContentMissing
    return check(entry, row)


def check(entry: AuditEntry, row: AuditContent) -> Content:
    """Return the content of `row`, which belongs to `entry`. Raise ContentForged, `vault.CannotUnseal`."""
    plain = key_ring.key_ring().unseal(row.envelope, _context(entry.pk))
    if _digest(plain) != entry.content_digest:
        raise ContentForged
    document = json.loads(plain)
    return Content(document["before"], document["after"])


def reseal(row: AuditContent) -> bool:
    """Reseal one row with the first key. Return False if it was pruned meanwhile. Raise `vault.CannotUnseal`."""
    fresh = key_ring.resealed(row.envelope, _context(row.pk))
    return bool(AuditContent.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=fresh))


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def _context(entry_id: int) -> tuple[str, ...]:
    return ("audit-content", str(entry_id))
