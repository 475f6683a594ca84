"""A failure as JSON, in Altostrat's own form: {type, code, message, doc_url}, and our request id."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import exceptions

from billing.altostrat.errors import Refused
from billing.failures import HANDLED, Failure, Origin, describe, is_relayed
from billing.vault import CannotUnseal

logger = logging.getLogger(__name__)

_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\b", re.IGNORECASE)
_TYPES: Final = {401: "authentication_error", 403: "permission_error"}
_CODES: Final[dict[type[Exception], str]] = {
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.AuthenticationFailed: "unauthenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.MethodNotAllowed: "method_not_allowed",
}


def answer_failure(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """DRF's exception handler. None for what nobody expected: that is Django's 500, without details.

    https://www.django-rest-framework.org/api-guide/exceptions/#custom-exception-handling
    """
    request = context["request"]
    if isinstance(error, HANDLED):
        return _answer_described(error, request)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, exceptions.APIException):
        return _answer_own(error, request)
    return None


def failure_answer(request: HttpRequest, status: int, type_: str, code: str, message: str) -> JsonResponse:
    """One of our own refusals."""
    body = {
        "type": type_,
        "code": code,
        "message": message,
        "doc_url": request.build_absolute_uri(reverse("api-docs")),
        "request_id": getattr(request, "request_id", ""),
    }
    return JsonResponse(body, status=status, headers={"Portal-Origin": Origin.PORTAL.value})


def _answer_described(error: Exception, request: Any) -> HttpResponse:
    failure = describe(error)
    if isinstance(error, CannotUnseal):
        logger.error("a stored token does not open: vault key, Altostrat's address or the row has changed")
    if isinstance(error, Refused) and is_relayed(error):
        answer = _relay(error, failure)
    else:
        message = f"{failure.what_failed} {failure.what_to_do}"
        answer = failure_answer(request._request, failure.status, failure.type, failure.code, message)
    if failure.retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_seconds)
    if failure.upstream_request_id:
        answer.headers["Altostrat-Request-Id"] = failure.upstream_request_id
    return answer


def _relay(error: Refused, failure: Failure) -> HttpResponse:
    # Altostrat's words, unchanged. What is not JSON goes out as plain text: no browser may run it on our origin.
    is_json = _JSON.match(error.content_type) is not None
    content_type = error.content_type if is_json else "text/plain; charset=utf-8"
    headers = {"Portal-Origin": Origin.ALTOSTRAT.value}
    return HttpResponse(error.body, status=failure.status, content_type=content_type, headers=headers)


def _answer_own(error: exceptions.APIException, request: Any) -> HttpResponse:
    code = _CODES.get(type(error), str(error.default_code))
    type_ = _TYPES.get(error.status_code, "invalid_request_error")
    answer = failure_answer(request._request, error.status_code, type_, code, _sentence(error))
    challenge = getattr(error, "auth_header", None)
    if challenge and error.status_code == 401:
        answer.headers["WWW-Authenticate"] = challenge
    return answer


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.NotAuthenticated):
        return "Send a portal key: Authorization: Bearer <key>."
    if isinstance(error, exceptions.AuthenticationFailed):
        return f"{error.detail} Ask for a new one, or check what is sent."
    if isinstance(error, exceptions.MethodNotAllowed):
        return "This path does not have that method. Allow says which it has."
    return str(error.detail)
