"""The person behind a page request, as the services want them."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from billing.models import User
from billing.services.actor import Actor, Door, granted_to
from billing.services.sign_in.identities import Origin


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person acting through this page. Made once a request: permissions cost a query."""
    known = getattr(request, "actor", None)
    if isinstance(known, Actor):
        return known
    actor = actor_for(request, cast(User, request.user))
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def actor_for(request: HttpRequest, user: User) -> Actor:
    """That person acting through this request, signed in or about to be."""
    return Actor(
        user=user,
        door=Door.PAGE,
        permissions=granted_to(user),
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR") or None,
    )


def origin_of(request: HttpRequest) -> Origin:
    """Where a request of nobody in particular comes from."""
    return Origin(getattr(request, "request_id", ""), request.META.get("REMOTE_ADDR") or None)
