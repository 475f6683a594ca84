"""Idempotency keys in the database: only the first request with a key may act, on all replicas together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import UsedOnce


def claim(*key: str, expires_at: float) -> bool:
    """Return True for the first caller only, until `expires_at` (seconds since 1970).

    After that time the key can be claimed again, so a repetition must be harmless by then.
    """
    UsedOnce.objects.filter(expires_at__lt=timezone.now()).delete()
    try:
        with transaction.atomic():
            UsedOnce.objects.create(digest=_digest(*key), expires_at=_moment(expires_at))
    except IntegrityError:
        return False
    return True


def release(*key: str, expires_at: float | None = None) -> None:
    """Make the key available again. With `expires_at`, release only the claim that expires then."""
    claims = UsedOnce.objects.filter(digest=_digest(*key))
    (claims if expires_at is None else claims.filter(expires_at=_moment(expires_at))).delete()


def extend(*key: str, expires_at: float, until: float) -> bool:
    """Extend one's own claim. Return False if it has expired: another caller may hold the key now."""
    held = UsedOnce.objects.filter(digest=_digest(*key), expires_at=_moment(expires_at))
    return bool(held.update(expires_at=_moment(until)))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _digest(*key: str) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()
