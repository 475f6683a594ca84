"""What counts once and no more, on all replicas together: the database decides, no cache."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import UsedOnce


def is_first_use(*what: str, expires_at: float) -> bool:
    """True for one caller only, until `expires_at` (seconds since 1970); after that `what` must be of no use."""
    UsedOnce.objects.filter(expires_at__lt=timezone.now()).delete()
    try:
        with transaction.atomic():
            UsedOnce.objects.create(digest=_digest(*what), expires_at=_moment(expires_at))
    except IntegrityError:
        return False
    return True


def forget(*what: str, expires_at: float | None = None) -> None:
    """Lets `what` count again: it came to nothing. With `expires_at`, only that very use is forgotten."""
    uses = UsedOnce.objects.filter(digest=_digest(*what))
    (uses if expires_at is None else uses.filter(expires_at=_moment(expires_at))).delete()


def extend(*what: str, expires_at: float, until: float) -> bool:
    """Makes that very use count for longer. False when it is over, and may be somebody else's by now."""
    use = UsedOnce.objects.filter(digest=_digest(*what), expires_at=_moment(expires_at))
    return bool(use.update(expires_at=_moment(until)))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _digest(*what: str) -> str:
    return hashlib.sha256("\0".join(what).encode("utf-8", "surrogatepass")).hexdigest()
