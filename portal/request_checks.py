"""Refusals before any view: bodies that are not complete, and methods that are not what they seem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from portal.caller_slots import RETRY_AFTER_SECONDS, caller_slots
from portal.errors import refusal
from portal.logs.access import METHODS

# A proxy or firewall that allows only some methods does not see these.
_OVERRIDES: Final = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE")
_FIELD: Final = "_method"
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class RequestBodyMiddleware:
    """Middleware that refuses a body that is chunked, ends early, or would take a thread that others need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _refused(request) or self.get_response(request)


def _refused(request: HttpRequest) -> HttpResponse | None:
    # A server may read such a body in another way than the proxy in front of it.
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return refusal(
            request, 411, "length_required", "A request needs a Content-Length and must not be chunked."
        )
    text = request.META.get("CONTENT_LENGTH") or "0"
    length = int(text) if text.isdecimal() else 0
    address = request.META.get("REMOTE_ADDR", "")
    if not length:
        return None
    if not caller_slots().acquire(address):
        busy = refusal(request, 503, "portal_busy", "The portal is busy. Try again in a few seconds.")
        busy.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return busy
    try:
        body = request.body  # Django keeps it, so views do not wait for it
    finally:
        caller_slots().release(address)
    if len(body) < length:
        return refusal(request, 400, "bad_request", "The request ended early.")
    return None


class MethodMiddleware:
    """Middleware that answers 405 to TRACE, other unusual methods, and a method override anywhere in a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The server's text: methods are case-sensitive, and Django would make DELETE of "delete".
        if request.META.get("REQUEST_METHOD") not in METHODS:
            return _unsupported(request, "The portal does not support this method.")
        if _is_overridden(request):
            return _unsupported(
                request, "The portal does not accept a method override in a header or a parameter '_method'."
            )
        return self.get_response(request)


def _is_overridden(request: HttpRequest) -> bool:
    if not request.META.keys().isdisjoint(_OVERRIDES):
        return True
    query = request.META.get("QUERY_STRING", "")
    if (_FIELD in query or ("%" in query and _FIELD in unquote(query))) and _FIELD in request.GET:
        return True
    # The body has been read, and is small.
    return (
        request.content_type in _FORMS
        and _FIELD.encode() in unquote_to_bytes(request.body)
        and _FIELD in request.POST
    )


def _unsupported(request: HttpRequest, sentence: str) -> HttpResponse:
    response = refusal(request, 405, "method_not_allowed", sentence)
    response.headers["Allow"] = ", ".join(METHODS)
    return response
