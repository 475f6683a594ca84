"""Sign-in and sign-out, in the audit. Django's own signals, the only ones we listen to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from billing.models import User
from billing.services import audit, session_facts
from billing.services.actor import Actor, Door, granted_to


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Records session.sign_in, and in the session when it began."""
    if request is not None:
        session_facts.begin(request.session)
    detail = str(getattr(request, "signed_in_through", ""))
    audit.record(_actor(request, user), "session.sign_in", audit.Outcome.SUCCEEDED, detail=detail)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """Records session.sign_out; nothing when nobody was signed in."""
    if user is not None:
        audit.record(_actor(request, user), "session.sign_out", audit.Outcome.SUCCEEDED)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Records session.sign_in as refused."""
    request_id, address = _origin(request)
    audit.record_unattended(
        "session.sign_in", audit.Outcome.REFUSED, door=Door.PAGE, request_id=request_id, address=address
    )


def _actor(request: HttpRequest | None, user: User) -> Actor:
    request_id, address = _origin(request)
    return Actor(user, Door.PAGE, granted_to(user), request_id, address)


def _origin(request: HttpRequest | None) -> tuple[str, str | None]:
    if request is None:
        return "", None
    return getattr(request, "request_id", ""), request.META.get("REMOTE_ADDR") or None
