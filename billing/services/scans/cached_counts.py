"""How many accounts were in each work queue the last time: numbers alone, for as long as a new walk is under way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache as shared_cache

from billing.services import tokens
from billing.services.actor import Actor


@dataclass(frozen=True, slots=True)
class LastCounts:
    """The numbers by queue, and when what they count was read."""

    numbers: dict[str, int]
    as_of: datetime


def remember(actor: Actor, numbers: dict[str, int], as_of: datetime) -> None:
    """Keeps them for KEEP_COPY_HOURS; not at all when that is 0."""
    if settings.KEEP_COPY_HOURS > 0:
        value = (numbers, as_of.isoformat())
        shared_cache.set(_key(actor), value, timeout=settings.KEEP_COPY_HOURS * 3600)


def recall(actor: Actor) -> LastCounts | None:
    """The last ones that were made with the very tokens that the actor has now."""
    kept = shared_cache.get(_key(actor)) if settings.KEEP_COPY_HOURS > 0 else None
    return None if kept is None else LastCounts(kept[0], datetime.fromisoformat(kept[1]))


def _key(actor: Actor) -> str:
    held = "\n".join(sorted(f"{row.pk}:{row.status}:{row.envelope}" for row in tokens.of(actor)))
    return f"queue-counts:{hashlib.sha256(held.encode()).hexdigest()}"
