"""How long a session lasts, and how recent a sign-in must be for a change."""

from __future__ import annotations

import math
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from billing.models import UserSession


def idle_timeout() -> timedelta:
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def absolute_timeout() -> timedelta:
    return timedelta(hours=settings.SESSION_MAX_HOURS)


def is_fresh(session: UserSession) -> bool:
    """Return whether the sign-in is recent enough for a change."""
    return timezone.now() - session.signed_in_at <= timedelta(minutes=settings.STEP_UP_MINUTES)


def seconds_left(session: UserSession) -> int:
    """Return how long the session lasts without further use."""
    expires_at = min(session.last_used_at + idle_timeout(), session.created_at + absolute_timeout())
    return max(0, math.ceil((expires_at - timezone.now()).total_seconds()))


def can_be_prolonged(session: UserSession) -> bool:
    """Return whether use extends the session: not if the absolute timeout comes first."""
    return session.created_at + absolute_timeout() > session.last_used_at + idle_timeout()


def warning_seconds() -> int:
    """Return how long before the end to warn: two minutes, or less if sessions are very short."""
    return math.ceil(min(timedelta(minutes=2), idle_timeout() / 3, absolute_timeout() / 3).total_seconds())
