"""The last number of accounts in each work queue, shown while a new scan is running."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared_cache

from billing.services import tokens
from billing.services.actor import Actor


@dataclass(frozen=True, slots=True)
class CachedCounts:
    """The numbers by queue, and when the accounts were read."""

    numbers: dict[str, int]
    as_of: datetime


def save(actor: Actor, numbers: dict[str, int], as_of: datetime) -> None:
    """Keep the numbers for KEEP_COPY_HOURS. If that is 0, they are not kept."""
    if settings.KEEP_COPY_HOURS > 0:
        value = (numbers, as_of.isoformat())
        shared_cache.set(_key(actor), value, timeout=settings.KEEP_COPY_HOURS * 3600)


def load(actor: Actor) -> CachedCounts | None:
    """Return the last numbers that were counted with the actor's current tokens, if any."""
    value: Any = shared_cache.get(_key(actor)) if settings.KEEP_COPY_HOURS > 0 else None
    try:
        numbers, as_of = value
        return CachedCounts(
            {name: int(number) for name, number in numbers.items()}, datetime.fromisoformat(as_of)
        )
    except (AttributeError, TypeError, ValueError):  # nothing, or something else
        return None


def _key(actor: Actor) -> str:
    state = "\n".join(sorted(f"{row.pk}:{row.status}:{row.envelope}" for row in tokens.of(actor)))
    return f"queue-counts:{hashlib.sha256(state.encode()).hexdigest()}"
