"""Key rotation: what is sealed and lasts moves under the ring's first key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model

from billing.models import AltostratToken, AuditContent, Change, KeptCopy, Note, Scan, ScanPart
from billing.services import tokens
from billing.services.audit import content
from billing.services.billing_accounts import notes
from billing.services.changes import payload as change_contents
from billing.services.scans import store as scans
from billing.services.storage import key_ring
from billing.services.tokens import kept_copies
from billing.vault import CannotUnseal


@dataclass(frozen=True, slots=True)
class Sealed:
    """Rows with an `envelope`. `reseal` moves one, and is False when it was changed or deleted meanwhile."""

    name: str
    model: type[Model]
    reseal: Callable[[Any], bool]


SEALED: Final = (
    Sealed("Token", AltostratToken, tokens.reseal),
    Sealed("Audit content", AuditContent, content.reseal),
    Sealed("Note", Note, notes.reseal),
    Sealed("Kept copy", KeptCopy, kept_copies.reseal),
    Sealed("Change", Change, change_contents.reseal),
    Sealed("Walk", Scan, scans.reseal),
    Sealed("Part of a walk", ScanPart, scans.reseal_part),
)


@dataclass(slots=True)
class Counts:
    """How many rows were moved, needed no move, were changed or deleted meanwhile, did not open."""

    resealed: int = 0
    current: int = 0
    changed: int = 0
    failed: int = 0


def reseal_all(*, on_failure: Callable[[str], object]) -> Counts:
    """Moves rows one at a time, each with a compare-and-set on its envelope, so that a token saved at the same moment
    is never overwritten. What was moved stays moved: a second run goes on with the rest. `on_failure` is told what
    does not open: "Token 1b…"."""
    key_ring.remember_first_key()
    first = key_ring.key_ring().first_prefix
    counts = Counts()
    for sealed in SEALED:
        rows = sealed.model._default_manager.exclude(envelope="").order_by("pk")
        counts.current += rows.filter(envelope__startswith=first).count()
        waiting = rows.exclude(envelope__startswith=first).values_list("pk", flat=True)
        for row_id in waiting.iterator(chunk_size=500):
            _move(sealed, row_id, counts, on_failure)
    return counts


def _move(sealed: Sealed, row_id: object, counts: Counts, on_failure: Callable[[str], object]) -> None:
    row = sealed.model._default_manager.filter(pk=row_id).first()
    try:
        if row is not None and sealed.reseal(row):
            counts.resealed += 1
        else:
            counts.changed += 1
    except CannotUnseal:
        counts.failed += 1
        on_failure(f"{sealed.name} {row_id}")
