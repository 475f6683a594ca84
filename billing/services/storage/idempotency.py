"""Idempotency keys in the database: only the first request with a key may act, on all replicas together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Final

from django.utils import timezone

from billing.models import UsedOnce
from billing.services.storage import statements

# Replaces an expired claim.
_UNLESS_CLAIMED: Final = """
    ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE billing_usedonce.expires_at < %s
"""
_HELD: Final = "SELECT 1 FROM billing_usedonce WHERE digest = %s AND expires_at = %s"


def claim(*key: str, expires_at: float) -> bool:
    """Return True for the first caller only, until `expires_at` (seconds since 1970).

    After that time the key can be claimed again, so a repetition must be harmless by then.
    """
    claim = {"digest": _digest(*key), "expires_at": _moment(expires_at)}
    return statements.insert(UsedOnce, claim, _UNLESS_CLAIMED, [statements.moment(timezone.now())])


def release(*key: str, expires_at: float | None = None) -> None:
    """Make the key available again. With `expires_at`, release only the claim that expires then."""
    claim: dict[str, object] = {"digest": _digest(*key)}
    statements.delete(UsedOnce, claim if expires_at is None else claim | {"expires_at": _moment(expires_at)})


def extend(*key: str, expires_at: float, until: float) -> bool:
    """Extend one's own claim. Return False if it has expired: another caller may hold the key now."""
    held = {"digest": _digest(*key), "expires_at": _moment(expires_at)}
    return statements.update(UsedOnce, held, {"expires_at": _moment(until)})


def holds(*key: str, expires_at: float) -> bool:
    """Return whether one's own claim still exists."""
    held = [_digest(*key), statements.moment(_moment(expires_at))]
    return bool(statements.rows(_HELD, held))


def delete_expired() -> int:
    """Delete expired keys; return how many."""
    return UsedOnce.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _digest(*key: str) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()
