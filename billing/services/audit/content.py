"""What an act found and left, sealed beside its audit entry; the entry itself holds the digest."""

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


class ContentGone(LookupError):
    """The entry had a before and an after once; they were pruned."""


class ContentMissing(LookupError):
    """They are gone, and no pruning in the chain says so."""


class ContentForged(Exception):
    """What is kept beside the entry is not what its digest was made of."""


@dataclass(frozen=True, slots=True)
class Content:
    """JSON objects, or None where there was nothing."""

    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def seal(entry: AuditEntry, before: JsonMap | None, after: JsonMap | None) -> AuditContent:
    """The sealed row for an entry that has its id, not saved yet; puts its digest into the entry.

    The digest is of the plain text, which begins with random bytes: nobody can find out by guessing what was sealed.
    """
    plain = json.dumps(
        {"salt": secrets.token_hex(16), "before": before, "after": after},
        cls=DjangoJSONEncoder,
        separators=(",", ":"),
    )
    entry.content_digest = _digest(plain)
    return AuditContent(entry=entry, envelope=key_ring.key_ring().seal(plain, _context(entry.pk)))


def unseal(entry: AuditEntry) -> Content:
    """What the act found and left; empty when it recorded neither.

    Raises ContentGone, ContentMissing, ContentForged, `vault.CannotUnseal`.
    """
    if not entry.content_digest:
        return Content()
    row = AuditContent.objects.filter(pk=entry.pk).first()
    if row is None:
        raise ContentGone if entry.pk <= prunings.contents_gone_up_to() else ContentMissing
    return check(entry, row)


def check(entry: AuditEntry, row: AuditContent) -> Content:
    """The content of a row that belongs to `entry`. Raises ContentForged, `vault.CannotUnseal`."""
    plain = key_ring.key_ring().unseal(row.envelope, _context(entry.pk))
    if _digest(plain) != entry.content_digest:
        raise ContentForged
    document = json.loads(plain)
    return Content(document["before"], document["after"])


def reseal(row: AuditContent) -> bool:
    """Moves one row to the first key. False when it was pruned meanwhile. Raises `vault.CannotUnseal`."""
    ring, context = key_ring.key_ring(), _context(row.pk)
    fresh = ring.seal(ring.unseal(row.envelope, context), context)
    return bool(AuditContent.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=fresh))


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def _context(entry_id: int) -> tuple[str, ...]:
    return ("audit-content", str(entry_id))
