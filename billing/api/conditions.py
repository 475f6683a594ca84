"""Conditional requests (ETag, If-None-Match, If-Match), and how old a copy the caller accepts.

https://www.rfc-editor.org/rfc/rfc9110#section-13
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from billing.api import headers
from billing.api.caller_errors import InvalidParameter, PreconditionRequired
from billing.api.routes import Route
from billing.services.api_writes import IfMatch
from billing.services.reads.etags import etag_of

_WITHOUT_COPY: Final = frozenset({"no-cache", "no-store"})
_SECONDS: Final = re.compile(r"[0-9]+", re.ASCII)
# https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2
_MANY_SECONDS: Final = 2**31
_MAY_REQUIRE: Final = ("PATCH", "DELETE")


def with_etag(request: Request, response: HttpResponse) -> HttpResponse:
    """Add the ETag of a read, or return 304 if the caller has these bytes already."""
    if response.status_code != 200:
        return response
    etag = etag_of(response.content)
    headers.put(response, "ETag", etag)
    wanted = request.META.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and _matches(wanted, etag):
        response.status_code, response.content = 304, b""
        headers.remove(response, "Content-Type")
    return response


def if_match(request: Request, read: Route | None) -> IfMatch | None:
    """Return the condition of a write; `read` reads the object at the same path, if there is one.

    Raise PreconditionRequired if there is no condition and the operator requires one, and InvalidParameter for a
    condition of reads: a write that ignored it could do what the caller wanted to prevent.
    """
    if "HTTP_IF_NONE_MATCH" in request.META:
        raise InvalidParameter("The header If-None-Match is only for reads. Writes have If-Match.")
    wanted = request.META.get("HTTP_IF_MATCH")
    if wanted is None:
        if settings.API_REQUIRE_IF_MATCH and read is not None and request.method in _MAY_REQUIRE:
            raise PreconditionRequired
        return None
    # A value that is malformed has no tags, and so matches nothing.
    tags = parse_etags(wanted)
    return IfMatch(frozenset(tags) - {"*"}, tags == ["*"], None if read is None else read.operation)


def accepted_age(request: Request) -> int:
    """Return how old a copy the caller accepts, in seconds: `Cache-Control: max-age=N`. 0 is the default.

    https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1
    """
    header = request.META.get("HTTP_CACHE_CONTROL")
    return 0 if header is None else _max_age(header)


# Programs repeat theirs.
@lru_cache(maxsize=64)
def _max_age(header: str) -> int:
    # Of a repeated directive, the first counts.
    parts = (part.partition("=") for part in reversed(header.split(",")))
    directives = {name.strip().lower(): value.strip().strip('"') for name, _, value in parts}
    seconds = directives.get("max-age", "")
    if not _SECONDS.fullmatch(seconds) or not _WITHOUT_COPY.isdisjoint(directives):
        return 0
    return int(seconds) if len(seconds) < len(str(_MANY_SECONDS)) else _MANY_SECONDS


def _matches(wanted: str, etag: str) -> bool:
    # Most programs send the one that they have. Django would parse it first, which takes a twelfth of a 304.
    if wanted == etag:
        return True
    tags = parse_etags(wanted)
    return tags == ["*"] or etag in (tag.removeprefix("W/") for tag in tags)
