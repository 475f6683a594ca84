"""Middleware for the deadline, the session, the reader's time zone, and service errors, which views do not catch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from billing.altostrat.errors import Overloaded
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.deadlines import request_deadline
from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures import describe, is_handled
from billing.models import User
from billing.pages.frame import step_up
from billing.pages.frame.actor import actor_of, origin_of
from billing.pages.frame.busy_pages import busy_pages
from billing.pages.frame.current_session import session_of
from billing.pages.frame.errors import is_for_programs, overloaded, unavailable
from billing.pages.frame.failure_pages import show
from billing.services.actor import NotPermitted, Origin
from billing.services.audit import refusals
from billing.services.changes import NotRecorded, ResultNotRecorded
from billing.services.people import time_zones
from billing.services.reads import copy_slots
from billing.services.sign_in import sessions

logger = logging.getLogger(__name__)

_TOO_MANY = (FailureReason.BUSY, FailureReason.SHARE_TAKEN)


class DeadlineMiddleware:
    """Middleware that limits all calls of a request together, and how many pages show copies at the same time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with request_deadline(settings.ALTOSTRAT_DEADLINE), copy_slots.request_scope():
            return self.get_response(request)


class CurrentSessionMiddleware(AuthenticationMiddleware):
    """Middleware that decides whether a session is still valid, for pages, API and admin alike.

    Sets `request.origin`, `request.user`, and `request.user_session` or, after the end, `request.end_reason`.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.origin = Origin(  # type: ignore[attr-defined]
            getattr(request, "request_id", ""),
            request.META.get("REMOTE_ADDR") or None,
            request.META.get("HTTP_USER_AGENT", ""),
        )
        session_key = request.session.session_key
        if session_key is not None and SESSION_KEY in request.session:
            _check_session(request, session_key)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *rest: Any) -> HttpResponse | None:
        """Count the request as use of the session. As on a page, a change in the admin needs a fresh sign-in."""
        session = session_of(request)
        if session is None:
            return None
        if not getattr(view, "is_background", False):
            sessions.touch(session)
        return step_up.require_fresh_sign_in(request) if _is_change_in_admin(request) else None


def _check_session(request: HttpRequest, session_key: str) -> None:
    user = request.user
    try:
        request.user_session = sessions.check(  # type: ignore[attr-defined]
            session_key, user if isinstance(user, User) else None
        )
    except sessions.SessionEnded as ended:
        if ended.session is not None:
            sessions.close(ended.session, ended.reason, origin_of(request))
        request.session.flush()
        request.user = AnonymousUser()
        request.end_reason = ended.reason  # type: ignore[attr-defined]


def _is_change_in_admin(request: HttpRequest) -> bool:
    """Return whether a superuser changes something in the admin, which refuses everyone else anyway."""
    match = request.resolver_match
    return (
        request.method not in ("GET", "HEAD")
        and match is not None
        and "admin" in match.app_names
        and match.url_name != "logout"
        and request.user.is_superuser
    )


class ReaderZoneMiddleware:
    """Middleware that shows times in the zone that the reader has chosen. Programs get UTC, as Altostrat sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a session there is no query.
        if is_for_programs(request) or SESSION_KEY not in request.session:
            return self.get_response(request)
        with timezone.override(time_zones.zone_of(request.user)):
            return self.get_response(request)


class FailurePageMiddleware:
    """Middleware that shows the page of each error in the failure table. Below /api/, the API handles the error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return None for an error that is not in the table, which Django then handles."""
        if not is_handled(exception) or is_for_programs(request):
            return None
        if isinstance(exception, (Error, NotRecorded, ResultNotRecorded)):
            return unavailable(request, exception)
        if isinstance(exception, NotPermitted):
            refusals.record(actor_of(request), exception.permission)
        failure = describe(exception)
        if isinstance(exception, InvalidIdentifier):
            # An address with an impossible id is a page that does not exist.
            failure = replace(failure, status=404)
        level = logging.ERROR if failure.status == 500 else logging.INFO
        logger.log(level, "page failed: %s (%s)", failure.code, type(exception).__name__)
        if isinstance(exception, Overloaded) and exception.reason in _TOO_MANY and request.method == "GET":
            busy_pages.add(request, failure)
            return overloaded(request, failure)
        return show(request, failure)
