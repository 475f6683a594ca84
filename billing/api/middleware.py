"""Common headers of all responses below /api/, including those that no view creates."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from billing.api import headers
from billing.api.errors import error_response
from billing.api.headers import BODYLESS, ORIGIN
from billing.failures import Origin

# The documented bodies are much smaller. The errors of a large one would take a worker more than a minute to find.
MAX_BODY_BYTES: Final = 64 * 1024
_PREFIX = "/api/"
_HEADERS = headers.prepared({"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
_ORIGIN = headers.prepared({ORIGIN: Origin.PORTAL.value})
_FOR_PROGRAMS = {
    **_HEADERS,
    **headers.prepared({"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}),
}


class ApiResponseMiddleware:
    """Refuses bodies that Django would misread, and sets headers for programs: do not cache or render this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(_PREFIX):
            return self.get_response(request)
        response = _refused_body(request) or self.get_response(request)
        if isinstance(response, HttpResponse) and response.status_code not in BODYLESS:
            headers.put(response, "Content-Length", str(len(response.content)))
        if _is_page(request):
            headers.set_all(response, _HEADERS)
        else:
            _set_headers(response)
        return response


class SecurityHeadersMiddleware:
    """SecurityMiddleware and XFrameOptionsMiddleware in one, which computes their headers only once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._security = SecurityMiddleware(get_response)
        self._headers = {scheme == "https": self._headers_of(scheme) for scheme in ("http", "https")}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._security.process_request(request) or self.get_response(request)
        headers.set_defaults(response, self._headers[request.META.get("wsgi.url_scheme") == "https"])
        return response

    def _headers_of(self, scheme: str) -> headers.Prepared:
        request = WSGIRequest(
            {"REQUEST_METHOD": "GET", "wsgi.url_scheme": scheme, "wsgi.input": io.BytesIO()}
        )
        response = HttpResponse()
        del response.headers["Content-Type"]
        XFrameOptionsMiddleware(self.get_response).process_response(request, response)
        self._security.process_response(request, response)
        return headers.prepared(dict(response.items()))


def _refused_body(request: HttpRequest) -> HttpResponseBase | None:
    # A chunked body has no Content-Length, so Django silently reads it as empty.
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return error_response(request, "length_required")
    length = request.META.get("CONTENT_LENGTH")
    if not length or not length.isdecimal():
        return None
    return error_response(request, "body_too_large") if int(length[:20]) > MAX_BODY_BYTES else None


def _is_page(request: HttpRequest) -> bool:
    # The only page below /api/. It has the policy of the other pages.
    match = request.resolver_match
    return match is not None and match.url_name == "api-docs"


def _set_headers(response: HttpResponseBase) -> None:
    headers.complete(response, _ORIGIN, _FOR_PROGRAMS)
    # Nothing may be cached, so Vary has no purpose, and programs need no cookies.
    headers.remove(response, "Vary")
    if response.cookies:
        response.cookies.clear()
