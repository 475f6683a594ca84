"""The session of a request, as the middleware has set it."""

from __future__ import annotations

from django.http import HttpRequest

from billing.models import UserSession
from billing.services.sign_in.sessions import EndReason


def session_of(request: HttpRequest) -> UserSession | None:
    """Return the session of the person who is signed in."""
    session = getattr(request, "user_session", None)
    return session if isinstance(session, UserSession) else None


def end_reason_of(request: HttpRequest) -> EndReason | None:
    """Return why the session that the browser sent has ended."""
    reason = getattr(request, "end_reason", None)
    return reason if isinstance(reason, EndReason) else None
