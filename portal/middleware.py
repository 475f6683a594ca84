"""The request id, from the first log line to the answer's header; and answers that no cache may keep."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdMiddleware:
    """Takes the X-Request-ID of a trusted proxy when it is harmless, else makes one; sets `request.request_id`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        reset = _current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(reset)
        response.headers["X-Request-ID"] = request_id
        return response


class PrivateAnswersMiddleware:
    """Every answer that is not a static file is `no-store`: billing data stays out of shared and disk caches."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class RequestIdFilter(logging.Filter):
    """Gives every log record the id of the request it belongs to, or `-`."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True


def client_address(request: HttpRequest) -> str | None:
    """The caller's address: see `portal.proxies`."""
    return request.META.get("REMOTE_ADDR") or None
