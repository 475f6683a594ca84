"""Django's own refusals as pages; below /api/ as JSON in the form that Altostrat's errors have."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from billing.failures import Failure
from billing.pages.frame.failure_pages import show

logger = logging.getLogger(__name__)

_API: Final = "/api/"

_BAD_REQUEST: Final = Failure(
    400,
    "invalid_request_error",
    "bad_request",
    "This request cannot be read",
    "What was sent cannot be understood.",
    "Go back and try again.",
)
_FORBIDDEN: Final = Failure(
    403,
    "permission_error",
    "forbidden",
    "You may not do this",
    "Your role does not include what this page needs.",
    "Ask an administrator of this portal for access.",
)
_NOT_FOUND: Final = Failure(
    404,
    "invalid_request_error",
    "unknown_route",
    "There is no such page",
    "The portal has nothing at this address.",
    "Check the address, or start from the home page.",
)
_FORM_EXPIRED: Final = Failure(
    403,
    "permission_error",
    "csrf_failed",
    "This form has expired",
    "The form was sent without the mark that shows it comes from this page. That happens after signing in or "
    "out in another window, or when cookies are blocked.",
    "Go back, load the page again, and send the form once more.",
)
_BROKEN: Final = Failure(
    500,
    "api_error",
    "internal_error",
    "The portal has a fault",
    "Something in the portal itself went wrong.",
    "Try again. If it happens again, give the request id to the people who run this portal.",
    changed="Whether anything was changed cannot be said from here.",
)

# What is left when not even the template can be rendered.
_LAST_RESORT: Final = (
    "<!doctype html><html lang=en><title>The portal has a fault</title>"
    "<main><h1>The portal has a fault</h1>"
    "<p>Try again in a minute. Request id: {request_id}</p></main></html>"
)


def is_for_programs(request: HttpRequest) -> bool:
    """True below /api/, where no answer is HTML."""
    return request.path_info.startswith(_API)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    # The person is not looked up: a request this broken may not even name a host that we serve.
    return _json(request, _BAD_REQUEST) if is_for_programs(request) else _plain_page(request, _BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, _FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, _NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid CSRF token."""
    return _answer(request, _FORM_EXPIRED)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Touches neither database, session nor context processors, as any of them may be what failed."""
    if is_for_programs(request):
        return _json(request, _BROKEN)
    return _plain_page(request, _BROKEN)


def _answer(request: HttpRequest, failure: Failure) -> HttpResponse:
    return _json(request, failure) if is_for_programs(request) else show(request, failure)


def _plain_page(request: HttpRequest, failure: Failure) -> HttpResponse:
    context = {
        "failure": failure,
        "request_id": _request_id(request),
        "is_panel": bool(getattr(request, "htmx", False)),
    }
    try:
        body = str(render_to_string("errors/server_error.html", context))
    except Exception:
        logger.exception("the error page itself failed")
        body = _LAST_RESORT.format(request_id=_request_id(request))
    return HttpResponse(body, status=failure.status)


def _json(request: HttpRequest, failure: Failure) -> HttpResponse:
    body: dict[str, Any] = {
        "type": failure.type,
        "code": failure.code,
        "message": f"{failure.what_failed} {failure.what_to_do}",
        "doc_url": "/api/docs/",
        "request_id": _request_id(request),
    }
    response = HttpResponse(json.dumps(body), content_type="application/json", status=failure.status)
    response.headers["Portal-Origin"] = failure.origin.value
    return response


def _request_id(request: HttpRequest) -> str:
    # Letters, digits, dot, underscore and hyphen only: see portal.middleware.
    return str(getattr(request, "request_id", "-"))
