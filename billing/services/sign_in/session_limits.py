"""How long a session lasts, and how fresh a sign-in has to be for a change."""

from __future__ import annotations

import math
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from billing.models import UserSession


def idle() -> timedelta:
    """So long without use ends a session."""
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def longest() -> timedelta:
    """So long after its beginning it ends anyway."""
    return timedelta(hours=settings.SESSION_MAX_HOURS)


def is_fresh(row: UserSession) -> bool:
    """Whether the sign-in is recent enough for a change."""
    return timezone.now() - row.signed_in_at <= timedelta(minutes=settings.STEP_UP_MINUTES)


def seconds_left(row: UserSession) -> int:
    """How long the session lasts if nobody uses it from now on."""
    ends = min(row.last_used_at + idle(), row.created_at + longest())
    return max(0, math.ceil((ends - timezone.now()).total_seconds()))


def can_be_prolonged(row: UserSession) -> bool:
    """Whether using the session makes it last longer: not once its greatest age is what ends it."""
    return row.created_at + longest() > row.last_used_at + idle()


def warning_seconds() -> int:
    """How long before its end a session is warned of it: two minutes, less where sessions are very short."""
    return math.ceil(min(timedelta(minutes=2), idle() / 3, longest() / 3).total_seconds())
