"""The person who requests a page, as an Actor for services."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from billing.models import User
from billing.pages.frame.current_session import session_of
from billing.services.actor import Actor, Door, Origin, actor_for


def actor_of(request: HttpRequest) -> Actor:
    """Return the person who is signed in. It is created once per request, because permissions cost a query."""
    known = getattr(request, "actor", None)
    if isinstance(known, Actor):
        return known
    user, session = cast(User, request.user), session_of(request)
    names = session.group_names if session is not None and session.user_id == user.pk else None
    actor = actor_for(user, Door.PAGE, origin_of(request), names)
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def origin_of(request: HttpRequest) -> Origin:
    return getattr(request, "origin", Origin())
