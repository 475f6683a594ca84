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
            UsedOnce.objects.create(digest=_digest(*what), expires_at=datetime.fromtimestamp(expires_at, UTC))
    except IntegrityError:
        return False
    return True


def forget(*what: str) -> None:
    """Lets `what` count again: it came to nothing."""
    UsedOnce.objects.filter(digest=_digest(*what)).delete()


def _digest(*what: str) -> str:
    return hashlib.sha256("\0".join(what).encode("utf-8", "surrogatepass")).hexdigest()
