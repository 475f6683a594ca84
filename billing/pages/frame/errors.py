"""Django's own errors as pages, and below /api/ as JSON in the format of Altostrat's errors."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from typing import Any, Final

from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.request import RawPostDataException
from django.template.loader import render_to_string

from billing.failures import Failure, describe
from billing.pages.frame.failure_pages import show
from billing.services.storage import outages

logger = logging.getLogger(__name__)

_API: Final = "/api/"

_BAD_REQUEST: Final = Failure(
    400,
    "invalid_request_error",
    "bad_request",
    "Invalid request",
    "The portal could not read the request.",
    "Go back and try again.",
)
_TOO_LARGE: Final = Failure(
    413,
    "invalid_request_error",
    "body_too_large",
    "The form is too large",
    "The portal does not accept a form of this size.",
    "Go back and enter less.",
)
_FORBIDDEN: Final = Failure(
    403,
    "permission_error",
    "forbidden",
    "You don't have permission",
    "Your role does not have the permission that this page needs.",
    "Ask an administrator of this portal for access.",
)
_NOT_FOUND: Final = Failure(
    404,
    "invalid_request_error",
    "unknown_route",
    "Page not found",
    "The portal has no page at this address.",
    "Check the address, or start from the home page.",
)
_FORM_EXPIRED: Final = Failure(
    403,
    "permission_error",
    "csrf_failed",
    "This form has expired",
    "This happens after you sign in or out in another window, or if cookies are blocked.",
    "Go back, reload the page, and send the form again.",
)
_BROKEN: Final = Failure(
    500,
    "api_error",
    "internal_error",
    "Something went wrong",
    "The portal has an internal error.",
    "Try again. If it happens again, give the request ID to the operators of this portal.",
    changed="It is unknown whether anything was changed.",
)

# The caller hung up before the whole request had arrived. Django has no page for these.
_UNREADABLE: Final = (UnreadablePostError, RequestAborted, RawPostDataException)

# For when not even the template can be rendered.
_FALLBACK_PAGE: Final = (
    "<!doctype html><html lang=en><title>Something went wrong</title>"
    "<main><h1>Something went wrong</h1>"
    "<p>Try again in a minute. Request ID: {request_id}</p></main></html>"
)


def is_for_programs(request: HttpRequest) -> bool:
    """Return whether the path is below /api/, where no response is HTML."""
    return request.path_info.startswith(_API)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # Does not load the person, because such a request may even have an unknown host.
    return _without_database(
        request, _TOO_LARGE if isinstance(exception, RequestDataTooBig) else _BAD_REQUEST
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, _FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, _NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid CSRF token."""
    return _answer(request, _FORM_EXPIRED)


def server_error(request: HttpRequest) -> HttpResponse:
    """Use neither database, session nor context processors, because any of them may have failed."""
    error = sys.exc_info()[1]
    if error is not None and outages.outage_of(error) is not None:
        return unavailable(request, error)
    if isinstance(error, _UNREADABLE):
        return _without_database(request, _BAD_REQUEST)
    # The exceptions of the REST framework have a status.
    status = int(getattr(error, "status_code", 500))
    return _without_database(request, replace(_BAD_REQUEST, status=status) if status < 500 else _BROKEN)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Answer with the failure of the database, which a middleware or a view may have met."""
    failure, cause = describe(error), error if isinstance(error, Error) else error.__cause__
    if cause is not None and outages.outage_of(cause) is not None:
        outages.log(cause)
    if cause is not error:
        logger.error("page failed: %s (%s)", failure.code, type(cause).__name__)
    elif request.method not in ("GET", "HEAD"):
        failure = replace(failure, changed=_BROKEN.changed)
    return _without_database(request, failure)


def overloaded(request: HttpRequest, failure: Failure) -> HttpResponse:
    """Answer a request too many with a page that costs little."""
    return _without_database(request, failure)


def _answer(request: HttpRequest, failure: Failure) -> HttpResponse:
    return _json(request, failure) if is_for_programs(request) else show(request, failure)


def _without_database(request: HttpRequest, failure: Failure) -> HttpResponse:
    answer = _json(request, failure) if is_for_programs(request) else _plain_page(request, failure)
    if failure.retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_seconds)
    return answer


def _plain_page(request: HttpRequest, failure: Failure) -> HttpResponse:
    context = {
        "failure": failure,
        "request_id": _request_id(request),
        "is_panel": request.headers.get("HX-Request") == "true",
    }
    try:
        body = str(render_to_string("errors/server_error.html", context))
    except Exception:
        logger.exception("the error page could not be rendered")
        body = _FALLBACK_PAGE.format(request_id=_request_id(request))
    return HttpResponse(body, status=failure.status)


def _json(request: HttpRequest, failure: Failure) -> HttpResponse:
    body: dict[str, Any] = {
        "type": failure.type,
        "code": failure.code,
        "message": f"{failure.what_failed} {failure.what_to_do}",
        "doc_url": f"/api/docs/#{failure.code}",
        "request_id": _request_id(request),
    }
    response = HttpResponse(json.dumps(body), content_type="application/json", status=failure.status)
    response.headers["Portal-Origin"] = failure.origin.value
    return response


def _request_id(request: HttpRequest) -> str:
    # Only letters, digits, dots, underscores and hyphens: see portal.middleware.
    return str(getattr(request, "request_id", "-"))
