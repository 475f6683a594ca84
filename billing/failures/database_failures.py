"""The failure for a database that cannot be used: `billing.services.storage.outages` says why."""

from __future__ import annotations

from typing import Final

from billing.failures.failure import Failure, Remedy
from billing.services.storage.outages import RETRY_AFTER_SECONDS

DATABASE_UNAVAILABLE: Final = Failure(
    503,
    "api_error",
    "portal_unavailable",
    "The portal is temporarily unavailable",
    "The portal cannot use its database at the moment.",
    "Try again in a few seconds.",
    remedy=Remedy.RETRY,
    retry_after_seconds=RETRY_AFTER_SECONDS,
)
