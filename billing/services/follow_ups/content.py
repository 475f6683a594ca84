"""The sealed part of a follow-up: the amounts and the note of the promise, and the reason of the snooze."""

from __future__ import annotations

import json
from typing import Any, Protocol

from billing.models import FollowUp
from billing.services.storage import key_ring

JsonMap = dict[str, Any]


class Sealed(Protocol):
    """A row, or what a query returns of it."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def billing_account_id(self) -> str: ...
    @property
    def envelope(self) -> str: ...


def seal(row: FollowUp, document: JsonMap) -> None:
    """Set the envelope, without saving the row. An empty document has none."""
    key_ring.remember_first_key()
    row.envelope = key_ring.key_ring().seal(json.dumps(document), _context(row)) if document else ""


def unseal(row: Sealed) -> JsonMap:
    """Return the document. Raise `vault.CannotUnseal`."""
    return dict(json.loads(key_ring.key_ring().unseal(row.envelope, _context(row)))) if row.envelope else {}


def reseal(row: FollowUp) -> bool:
    """Seal one row with the first key; False if it was changed or deleted in the meantime.

    Raise `vault.CannotUnseal`.
    """
    resealed = key_ring.resealed(row.envelope, _context(row))
    return bool(FollowUp.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=resealed))


def _context(row: Sealed) -> tuple[str, ...]:
    return ("follow-up", row.workspace_id, row.billing_account_id)
