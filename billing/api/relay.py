"""Altostrat's answers and files as responses."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any, Final, TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase, ResponseHeaders

from billing.altostrat.client import Answer
from billing.altostrat.files import FileAnswer
from billing.api import headers
from billing.api.headers import BODYLESS, JSON, ORIGIN, UPSTREAM_REQUEST_ID
from billing.failures import Origin

R = TypeVar("R", bound=HttpResponseBase)

_FROM_ALTOSTRAT: Final = headers.prepared({ORIGIN: Origin.ALTOSTRAT.value})


def response_of(answer: Answer[object]) -> HttpResponse:
    """Return a response with exactly the bytes of the answer."""
    known = dict(_FROM_ALTOSTRAT)
    if answer.status not in BODYLESS:
        known["content-type"] = ("Content-Type", _content_type(answer.content_type))
    if answer.request_id:
        known[UPSTREAM_REQUEST_ID.lower()] = (UPSTREAM_REQUEST_ID, answer.request_id)
    return _Relayed(answer.body, known, answer.status)


def file_of(file: FileAnswer, body: bytes) -> HttpResponse:
    """Return a response with the whole file."""
    response = HttpResponse(body, content_type=_content_type(file.content_type), status=file.status)
    return _with_origin(response, file.request_id)


def stream_of(file: FileAnswer, *, has_body: bool) -> StreamingHttpResponse:
    """Return a response that passes on the pieces of the file. Its end is only regular if that of the file is."""
    content_type = _content_type(file.content_type)
    pieces = file if has_body else ()
    response = StreamingHttpResponse(pieces, content_type=content_type, status=file.status)
    if file.length is not None:
        response.headers["Content-Length"] = str(file.length)
    return _with_origin(response, file.request_id)


class _Relayed(HttpResponse):
    """A response with bytes and headers that need no conversion. Django would convert and check each of them."""

    def __init__(self, body: bytes, prepared: dict[str, tuple[str, str]], status: int) -> None:
        self.headers = ResponseHeaders({})
        self.headers._store = prepared
        self.status_code, self.cookies, self.closed = status, SimpleCookie(), False
        self._charset = self._reason_phrase = self._handler_class = None
        self._resource_closers, self._container = list[Any](), [body]


def _content_type(text: str) -> str:
    # A malformed header from Altostrat must not break the response.
    return text if text and text.isascii() and text.isprintable() else JSON


def _with_origin(response: R, request_id: str | None) -> R:
    headers.set_all(response, _FROM_ALTOSTRAT)
    if request_id:
        headers.put(response, UPSTREAM_REQUEST_ID, request_id)
    return response
