"""Receivers for Django's signals: sign-ins update the session's row and the audit log, changed rows clear `Recent`."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from billing.models import AltostratToken, Identity, PortalKey, User
from billing.models.access import access_updated
from billing.services import audit
from billing.services.actor import Door, Origin, actor_for
from billing.services.audit import refusals
from billing.services.sign_in import sessions
from billing.services.storage import recent

# Their rows decide who may act, and with which token.
_ACCESS_MODELS: Final = (User, User.groups.through, Group, Identity, PortalKey, AltostratToken)


@receiver([post_save, post_delete, m2m_changed, access_updated])
def access_changed(sender: type[Model], **kwargs: Any) -> None:
    """Clear the caches of permissions, now and again when the transaction is committed."""
    if sender in _ACCESS_MODELS:
        recent.clear_all()
        transaction.on_commit(recent.clear_all)


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Start the session and record session.sign_in, or session.renew if the person was already signed in.

    Single sign-on passes more details in `request.sign_in`, a `sessions.SignIn`.
    """
    refusals.write_summaries()
    is_new = True if request is None else _begin(request, user)
    verb = "session.sign_in" if is_new else "session.renew"
    detail = str(getattr(request, "signed_in_through", ""))
    audit.record(actor_for(user, Door.PAGE, _origin(request)), verb, audit.Outcome.SUCCEEDED, detail=detail)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """End the session and record session.sign_out, if anyone was signed in."""
    if user is not None:
        if request is not None:
            sessions.sign_out(request.session.session_key)
        actor = actor_for(user, Door.PAGE, _origin(request))
        audit.record(actor, "session.sign_out", audit.Outcome.SUCCEEDED)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Record a refused session.sign_in."""
    origin = _origin(request)
    refusals.record_unknown(
        "session.sign_in", door=Door.PAGE, request_id=origin.request_id, address=origin.address
    )


def _begin(request: HttpRequest, user: User) -> bool:
    previous = getattr(request, "user_session", None) or sessions.find(request.session.session_key)
    if previous is not None or request.session.session_key is None:
        # Django gives a new session key at sign-in, but not to a person who is already signed in.
        request.session.cycle_key()
    assert request.session.session_key is not None
    session, is_new = sessions.begin(
        user,
        request.session.session_key,
        getattr(request, "sign_in", sessions.SignIn()),
        _origin(request),
        previous=previous,
    )
    request.user_session = session  # type: ignore[attr-defined]
    return is_new


def _origin(request: HttpRequest | None) -> Origin:
    return getattr(request, "origin", Origin())
