"""What every answer below /api/ has in common, those that never reach a view included."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from billing.api.errors import refusal
from billing.api.headers import ORIGIN
from billing.failures import Origin

_PREFIX = "/api/"
_POLICY = "default-src 'none'; frame-ancestors 'none'"


class ApiAnswersMiddleware:
    """Refuses bodies that Django would misread, and dresses answers for programs: nothing to keep, render or vary."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(_PREFIX):
            return self.get_response(request)
        response = _refused_body(request) or self.get_response(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        if not _is_page(request):
            _dress(response)
        return response


def _refused_body(request: HttpRequest) -> HttpResponseBase | None:
    # A chunked body has no Content-Length, and Django then reads it as empty, without a word.
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return refusal(request, "length_required")
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = request.META.get("CONTENT_LENGTH") or "0"
    if limit is not None and length.isdecimal() and int(length[:20]) > limit:
        return refusal(request, "body_too_large")
    return None


def _is_page(request: HttpRequest) -> bool:
    # The one address here that browsers render; it has the policy of the pages.
    match = request.resolver_match
    return match is not None and match.url_name == "api-docs"


def _dress(response: HttpResponseBase) -> None:
    response.headers.setdefault(ORIGIN, Origin.PORTAL.value)
    response.headers["Content-Security-Policy"] = _POLICY
    # No cache may keep it, so there is nothing to vary; and a program's read leaves no cookie behind.
    response.headers.pop("Vary", None)
    response.cookies.clear()
