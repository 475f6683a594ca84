"""The last number of accounts in each work queue, and what they owe, shown while a new scan is running."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared_cache

from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans.queues import QueueCount


@dataclass(frozen=True, slots=True)
class CachedCounts:
    """The counts by queue, and when the accounts were read."""

    counts: dict[str, QueueCount]
    as_of: datetime


def save(actor: Actor, counts: dict[str, QueueCount], as_of: datetime) -> None:
    """Keep the counts for KEEP_COPY_HOURS. If that is 0, they are not kept."""
    if settings.KEEP_COPY_HOURS > 0:
        numbers = {name: (one.accounts, dict(one.owed)) for name, one in counts.items()}
        value = (numbers, as_of.isoformat())
        shared_cache.set(_key(actor), value, timeout=settings.KEEP_COPY_HOURS * 3600)


def load(actor: Actor) -> CachedCounts | None:
    """Return the last counts that were counted with the actor's current tokens, if any."""
    value: Any = shared_cache.get(_key(actor)) if settings.KEEP_COPY_HOURS > 0 else None
    try:
        numbers, as_of = value
        counts = {
            name: QueueCount(int(accounts), {code: int(minor) for code, minor in owed.items()})
            for name, (accounts, owed) in numbers.items()
        }
        return CachedCounts(counts, datetime.fromisoformat(as_of))
    except (AttributeError, TypeError, ValueError):  # nothing, or something else
        return None


def _key(actor: Actor) -> str:
    state = "\n".join(sorted(f"{row.pk}:{row.status}:{row.envelope}" for row in tokens.of(actor)))
    return f"queue-counts:{hashlib.sha256(state.encode()).hexdigest()}"
