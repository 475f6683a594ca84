"""Key rotation: every stored token under the first key of the ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from billing.models import AltostratToken
from billing.services import vault_check
from billing.services.tokens import reseal
from billing.vault import CannotUnseal


@dataclass(slots=True)
class Counts:
    """How many tokens were moved, needed no move, were renewed or forgotten meanwhile, did not open."""

    resealed: int = 0
    current: int = 0
    changed: int = 0
    failed: int = 0


def reseal_all(*, on_failure: Callable[[UUID], object]) -> Counts:
    """Moves tokens one row at a time, each with a compare-and-set on its envelope, so that a token saved at the same
    moment is never overwritten. What was moved stays moved: a second run goes on with the rest."""
    vault_check.remember_first_key()
    first = vault_check.key_ring().first_prefix
    counts = Counts(current=AltostratToken.objects.filter(envelope__startswith=first).count())
    waiting = AltostratToken.objects.exclude(envelope__startswith=first).order_by("pk")
    for row_id in waiting.values_list("pk", flat=True).iterator(chunk_size=500):
        _move(row_id, counts, on_failure)
    return counts


def _move(row_id: UUID, counts: Counts, on_failure: Callable[[UUID], object]) -> None:
    row = AltostratToken.objects.filter(pk=row_id).first()
    try:
        if row is not None and reseal(row):
            counts.resealed += 1
        else:
            counts.changed += 1
    except CannotUnseal:
        counts.failed += 1
        on_failure(row_id)
