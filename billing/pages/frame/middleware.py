"""Whose request it is, in which zone they read, and from an error of a service to its page: no view has a `try`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures import HANDLED, describe
from billing.models import User
from billing.pages.frame import step_up
from billing.pages.frame.actor import actor_of
from billing.pages.frame.errors import is_for_programs
from billing.pages.frame.failure_pages import show
from billing.services.actor import NotPermitted
from billing.services.audit import refusals
from billing.services.people import time_zones
from billing.services.sign_in import session_data

logger = logging.getLogger(__name__)


class LivingSessionMiddleware(AuthenticationMiddleware):
    """Sets `request.user`, for all doors: nobody, once the person's sessions have been ended."""

    def process_request(self, request: HttpRequest) -> None:
        """Looks nothing up before somebody asks who it is."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _living(request))  # type: ignore[assignment]


def _living(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if isinstance(user, User) and session_data.is_over(request.session, user):
        request.session.flush()
        return AnonymousUser()
    return user


class FreshAdministrationMiddleware:
    """What is changed in Django's admin waits until the sign-in is fresh, as it does on a page. Signing out does not.

    The admin refuses whoever is no superuser by itself: nothing of theirs is held.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *rest: Any) -> HttpResponse | None:
        """Only here is it known what is asked for."""
        match = request.resolver_match
        is_a_change = request.method not in ("GET", "HEAD") and match is not None
        if not is_a_change or "admin" not in match.app_names or match.url_name == "logout":  # type: ignore[union-attr]
            return None
        return step_up.detour(request) if request.user.is_active and request.user.is_superuser else None


class ReaderZoneMiddleware:
    """Days and times are told in the zone that the reader has chosen. Programs get what was sent, and UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Whoever has no session is nobody: that costs no look into the database.
        if is_for_programs(request) or SESSION_KEY not in request.session:
            return self.get_response(request)
        with timezone.override(time_zones.zone_of(request.user)):
            return self.get_response(request)


class FailurePageMiddleware:
    """Shows the failure table's row for every error it knows. Below /api/ the other door answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """None for what is not in the table: Django's own handling follows."""
        if not isinstance(exception, HANDLED) or is_for_programs(request):
            return None
        if isinstance(exception, NotPermitted):
            refusals.record(actor_of(request), exception.permission)
        failure = describe(exception)
        if isinstance(exception, InvalidIdentifier):
            failure = replace(failure, status=404)  # for a person, a page at such an address does not exist
        level = logging.ERROR if failure.status == 500 else logging.INFO
        logger.log(level, "page failed: %s (%s)", failure.code, type(exception).__name__)
        return show(request, failure)
