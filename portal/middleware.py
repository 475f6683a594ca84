"""Request IDs in logs and responses, and the headers that allow and forbid caching."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

from billing.altostrat.trace import current_parent, parent_of
from billing.api import headers
from portal.logs.context import current_request

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_MAX_HOSTS: Final = 64
_ROOT_FILE_SECONDS: Final = 7 * 24 * 3600

# Of responses that no page shows and that Django's middlewares do not reach.
PROGRAM_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class RequestIdMiddleware:
    """Middleware that sets a new `request.request_id`: most proxies pass on what the caller sent as X-Request-ID.

    Log lines and calls to Altostrat have this ID, and continue the trace of the caller's `traceparent`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = os.urandom(16).hex()
        request.request_id = request_id  # type: ignore[attr-defined]
        reset = current_request.set(request)
        current_parent.set(parent_of(request.META.get("HTTP_TRACEPARENT", "")))
        try:
            response = self.get_response(request)
        finally:
            current_request.reset(reset)
        headers.put(response, "X-Request-ID", request_id)
        return response


class AllowedHostMiddleware:
    """Middleware that raises DisallowedHost for other hosts than ALLOWED_HOSTS, as CommonMiddleware does for pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._allowed: set[str] = set()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = request.META.get("HTTP_HOST", "")
        if host not in self._allowed:
            request.get_host()
            if host and len(self._allowed) < _MAX_HOSTS:
                self._allowed.add(host)
        return self.get_response(request)


class PrivateAnswersMiddleware:
    """Middleware that marks all responses but static files `no-store`, so that no cache stores billing data."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise has no types
    """Middleware that serves static files, and those of WHITENOISE_ROOT for a week: their names have no hash."""

    def add_cache_headers(self, headers: Headers, path: str, url: str) -> None:
        if url.startswith(settings.STATIC_URL):
            super().add_cache_headers(headers, path, url)
        else:
            headers["Cache-Control"] = f"max-age={_ROOT_FILE_SECONDS}, public"


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's address, which `portal.proxies` has set."""
    return request.META.get("REMOTE_ADDR") or None
