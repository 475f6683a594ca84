"""Reads the body of each request before anything else does, and refuses those that are not complete."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from portal.caller_slots import RETRY_AFTER_SECONDS, caller_slots
from portal.errors import refusal


class RequestBodyMiddleware:
    """Refuses a body that is chunked, ends early, or would take a thread that others need."""

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
