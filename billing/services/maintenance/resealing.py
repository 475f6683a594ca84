"""Key rotation: reseal stored values with the first key of the ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Model

from billing.models import (
    AltostratToken,
    AuditContent,
    Change,
    FollowUp,
    IdempotencyKey,
    KeptCopy,
    Note,
    SavedView,
    Scan,
    ScanPart,
    SentReminder,
)
from billing.services import saved_views, tokens
from billing.services.api_writes import answers
from billing.services.audit import content
from billing.services.billing_accounts import notes
from billing.services.changes import payload as change_contents
from billing.services.follow_ups import content as follow_ups
from billing.services.reminders import delivery
from billing.services.scans import store as scans
from billing.services.storage import key_ring
from billing.services.tokens import kept_copies
from billing.vault import CannotUnseal


@dataclass(frozen=True, slots=True)
class Sealed:
    """A model with an `envelope`. `reseal` returns False if the row was changed or deleted in the meantime."""

    name: str
    model: type[Model]
    reseal: Callable[[Any], bool]


SEALED: Final = (
    Sealed("Token", AltostratToken, tokens.reseal),
    Sealed("Audit content", AuditContent, content.reseal),
    Sealed("Note", Note, notes.reseal),
    Sealed("Saved view", SavedView, saved_views.reseal),
    Sealed("Follow-up", FollowUp, follow_ups.reseal),
    Sealed("Kept copy", KeptCopy, kept_copies.reseal),
    Sealed("Idempotency key", IdempotencyKey, answers.reseal),
    Sealed("Change", Change, change_contents.reseal),
    Sealed("Scan", Scan, scans.reseal),
    Sealed("Scan part", ScanPart, scans.reseal_part),
    Sealed("Reminder", SentReminder, delivery.reseal),
)


@dataclass(slots=True)
class Counts:
    """How many rows were resealed, already had the first key, changed or disappeared meanwhile, or did not open."""

    resealed: int = 0
    current: int = 0
    changed: int = 0
    failed: int = 0


def reseal_all(*, on_failure: Callable[[str], object]) -> Counts:
    """Reseal row by row, with a compare-and-set on the envelope: a token saved at the same time is not overwritten.

    A second run continues where the first one stopped. `on_failure` gets the name of each row that does not open, such
    as "Token 1b…".
    """
    key_ring.remember_first_key()
    first = key_ring.key_ring().first_prefix
    counts = Counts()
    for sealed in SEALED:
        rows = sealed.model._default_manager.exclude(envelope="").order_by("pk")
        counts.current += rows.filter(envelope__startswith=first).count()
        remaining = rows.exclude(envelope__startswith=first).values_list("pk", flat=True)
        for row_id in remaining.iterator(chunk_size=500):
            _reseal(sealed, row_id, counts, on_failure)
    return counts


def open_all(*, on_failure: Callable[[str], object]) -> dict[str, Counts]:
    """Open every sealed row, and change nothing: each is resealed in a transaction that is rolled back.

    Return the counts by kind. `on_failure` gets the name of each row that does not open.
    """
    found: dict[str, Counts] = {}
    for sealed in SEALED:
        counts = found[sealed.name] = Counts()
        rows = sealed.model._default_manager.exclude(envelope="")
        for row_id in list(rows.order_by("pk").values_list("pk", flat=True)):
            row: Any = rows.filter(pk=row_id).first()
            if row is None or _opens(sealed, row):
                counts.current += 1
            else:
                counts.failed += 1
                on_failure(f"{sealed.name} {row_id}")
    return found


def _opens(sealed: Sealed, row: Any) -> bool:
    try:
        with transaction.atomic():
            is_open = sealed.reseal(row)
            transaction.set_rollback(True)
    except CannotUnseal:
        return False
    # The portal may have changed or deleted the row at the same time.
    same = sealed.model._default_manager.filter(pk=row.pk, envelope=row.envelope)
    return is_open or not same.exists()


def _reseal(sealed: Sealed, row_id: object, counts: Counts, on_failure: Callable[[str], object]) -> None:
    row = sealed.model._default_manager.filter(pk=row_id).first()
    try:
        if row is not None and sealed.reseal(row):
            counts.resealed += 1
        else:
            counts.changed += 1
    except CannotUnseal:
        counts.failed += 1
        on_failure(f"{sealed.name} {row_id}")
