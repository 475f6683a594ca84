"""The documentation of the API: an OpenAPI schema and a page. Both are public, as they contain no data."""

from __future__ import annotations

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from billing.api.codes import CODES
from billing.api.errors import error_response
from billing.api.headers import JSON
from billing.api.openapi import guide

_READS = ("GET", "HEAD")


@csrf_exempt  # read-only; other methods get a 405
def schema(request: HttpRequest) -> HttpResponse:
    """Return OpenAPI 3.1 as JSON."""
    return _refused(request) or HttpResponse(_document(), content_type=JSON)


@csrf_exempt
def page(request: HttpRequest) -> HttpResponse:
    """Return the guide, the error codes, and Swagger UI from the static files of drf-spectacular's sidecar."""
    return _refused(request) or render(
        request, "billing/api/docs.html", {"codes": CODES, "guide": guide.as_html()}
    )


def _refused(request: HttpRequest) -> HttpResponse | None:
    if request.method in _READS:
        return None
    response = error_response(request, "method_not_allowed")
    response.headers["Allow"] = ", ".join(_READS)
    return response


@cache
def _document() -> bytes:
    from drf_spectacular.generators import SchemaGenerator

    # Identical for everybody, and generating it takes a good part of a second.
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(document, ensure_ascii=False).encode()
