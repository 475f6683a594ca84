"""The person behind a page request, in the form that services take."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from billing.models import User
from billing.services.actor import Actor, Door, Origin, granted_to


def actor_of(request: HttpRequest) -> Actor:
    """Return the person who is signed in. Made once for each request, because permissions cost a query."""
    known = getattr(request, "actor", None)
    if isinstance(known, Actor):
        return known
    actor = actor_for(request, cast(User, request.user))
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def actor_for(request: HttpRequest, user: User) -> Actor:
    """Return a person who is signed in or about to be."""
    origin = origin_of(request)
    return Actor(user, Door.PAGE, granted_to(user), origin.request_id, origin.address)


def origin_of(request: HttpRequest) -> Origin:
    return Origin(
        getattr(request, "request_id", ""),
        request.META.get("REMOTE_ADDR") or None,
        request.META.get("HTTP_USER_AGENT", ""),
    )
