"""The WSGI application: two handlers in one process, one with a short middleware chain for programs, and Django's own.

A call with an Authorization header is authenticated by that header alone. So it does not need sessions, CSRF tokens,
messages and the other middlewares of pages, which would be most of its cost.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from wsgiref.types import StartResponse

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404
from django.utils.log import log_response
from django.utils.module_loading import import_string

from billing.api import headers
from billing.services.storage import connections, shared_cache
from portal.caller_slots import caller_slots
from portal.logs.access import AccessLine, describe
from portal.middleware import PROGRAM_HEADERS

logger = logging.getLogger(__name__)

_API: Final = "/api/v1/"
# These raise nothing.
_FOR_ALL_RESPONSES: Final = (
    "portal.proxies.TrustedProxiesMiddleware",
    "portal.middleware.RequestIdMiddleware",
    "billing.api.middleware.ApiResponseMiddleware",
)
_FOR_REQUESTS: Final = (
    "portal.request_checks.RequestBodyMiddleware",
    "portal.request_checks.MethodMiddleware",
    "billing.pages.frame.middleware.DeadlineMiddleware",
    "portal.middleware.AllowedHostMiddleware",
    "portal.proxies.PlainHttpMiddleware",
    "billing.api.middleware.SecurityHeadersMiddleware",
)
_VARIABLES: Final = frozenset(
    (
        *("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH"),
        *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR"),
    )
)
_PREFIXES: Final = ("HTTP_", "wsgi.")
# These headers pass for others: Content_Length for Content-Length, Proxy for the variable HTTP_PROXY.
_MISLEADING: Final = frozenset(
    ("HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_PROXY", "wsgi.file_wrapper")
)
# Most of the names, known to be none of the above.
_OF_PROCESS: Final = frozenset(
    name for name in os.environ if name not in _VARIABLES and not name.startswith(_PREFIXES)
)
_CHUNK_BYTES: Final = 65_536


class PageHandler(WSGIHandler):
    """Django's handler, with the access log."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        describe(request)
        return response


class ApiRequest(WSGIRequest):
    """Django's request. It decodes paths and looks for the name of a script, which a path in ASCII does not need."""

    def __init__(self, environ: dict[str, Any]) -> None:
        path = environ["PATH_INFO"]
        if environ.get("SCRIPT_NAME") or not path.isascii() or environ.get("CONTENT_TYPE"):
            super().__init__(environ)
            return
        self.environ = self.META = environ
        self.path = self.path_info = path
        self.method = environ["REQUEST_METHOD"].upper()
        self.content_type, self.content_params = "", {}
        length = environ.get("CONTENT_LENGTH", "")
        self._stream: Any = LimitedStream(environ["wsgi.input"], int(length) if length.isdecimal() else 0)
        self._read_started, self.resolver_match = False, None


class ApiHandler(WSGIHandler):
    """Django's handler without what only pages need: signals, hooks of middlewares, atomic requests, other URLs."""

    def load_middleware(self, is_async: bool = False) -> None:
        chain = convert_exception_to_response(self._view_response)
        for middleware in reversed(_FOR_REQUESTS):
            chain = import_string(middleware)(chain)
        chain = convert_exception_to_response(chain)
        for middleware in reversed(_FOR_ALL_RESPONSES):
            chain = import_string(middleware)(chain)
        self._middleware_chain = chain
        self._routes = [
            (pattern.pattern.regex, pattern.callback, f"api/{pattern.pattern}", pattern.name)
            for pattern in import_string("billing.api.urls.urlpatterns")
        ]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> HttpResponseBase:
        shared_cache.begin_request()
        request = ApiRequest(environ)
        response = self.get_response(request)
        start_response(f"{response.status_code} {response.reason_phrase}", headers.pairs_of(response))
        if not response.streaming:
            request.close()
            response.closed = True
            connections.end_request()
            shared_cache.end_request()
        return response

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = self._middleware_chain(request)
        assert isinstance(response, HttpResponseBase)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)  # type: ignore[arg-type]
        describe(request)
        return response

    def _view_response(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info.removeprefix("/api/")
        for regex, view, route, name in self._routes:
            if found := regex.match(path):
                request.resolver_match = _Match(route, name)  # type: ignore[assignment]
                response: HttpResponseBase = view(request, **found.groupdict())
                return response
        raise Resolver404


@dataclass(slots=True)
class _Match:
    """What the API needs of Django's ResolverMatch. All its parameters are text, so nothing has to be converted."""

    route: str
    url_name: str | None


class PortalHandler:
    """The WSGI application: chooses the handler, and writes the access log."""

    def __init__(self) -> None:
        self._api, self._pages = ApiHandler(), PageHandler()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ = _request_variables(environ)
        line = AccessLine(environ)
        started: list[Any] = []  # the answer may still change
        try:
            response = self._handler(environ)(environ, lambda *arguments: started.extend(arguments))  # type: ignore[arg-type]
            body = _body(response, environ, line)
        except Exception:
            logger.exception("A request failed before or after Django", extra={"request_id": line.request_id})
            return _refusal(start_response, line, HTTPStatus.INTERNAL_SERVER_ERROR, "The portal has a fault.")
        if body is None:
            return _refusal(start_response, line, HTTPStatus.SERVICE_UNAVAILABLE, "The portal is busy.")
        start_response(*started)
        return body

    def _handler(self, environ: dict[str, Any]) -> WSGIHandler:
        is_api_call = "HTTP_AUTHORIZATION" in environ and environ["PATH_INFO"].startswith(_API)
        return self._api if is_api_call else self._pages


def _request_variables(environ: dict[str, Any]) -> dict[str, Any]:
    """Return what belongs to the request. Servers put the variables of the process next to it, secrets included."""
    return {
        name: environ[name]
        for name in environ.keys() - _OF_PROCESS
        if name in _VARIABLES or (name.startswith(_PREFIXES) and name not in _MISLEADING)
    }


def _body(response: HttpResponseBase, environ: dict[str, Any], line: AccessLine) -> Iterable[bytes] | None:
    """Return the body; None if it is long and all threads that may send one are busy."""
    if isinstance(response, FileResponse):
        response.block_size = _CHUNK_BYTES
    if response.streaming and _length(response) > _CHUNK_BYTES:
        address = environ["REMOTE_ADDR"]
        if caller_slots().acquire(address):
            return _Stream(response, address, line)
        response.close()
        return None
    # The server sends a list without a thread of ours.
    body = b"".join(response)
    if not response.closed:
        response.close()
    line.write(response.status_code, len(body))
    return [body]


def _length(response: HttpResponseBase) -> float:
    return float(response.headers.get("Content-Length", "inf"))


def _refusal(
    start_response: StartResponse, line: AccessLine, status: HTTPStatus, sentence: str
) -> Iterable[bytes]:
    body = f"{sentence} Try again in a minute. Request ID: {line.request_id}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Request-ID", line.request_id),
        *PROGRAM_HEADERS.items(),
    ]
    start_response(f"{status} {status.phrase}", headers)
    line.write(status, len(body))
    return [body]


class _Stream:
    """A long body. The server closes it at its end, or when the caller disconnects."""

    def __init__(self, response: HttpResponseBase, address: str, line: AccessLine) -> None:
        self._response, self._address, self._line = response, address, line
        self._chunks, self._size, self._is_open = iter(response), 0, True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except Exception:
            logger.exception("A response could not be completed", extra={"request_id": self._line.request_id})
            # The server logs this error, and disconnects so that the caller notices.
            raise ConnectionAbortedError("The response could not be completed") from None
        self._size += len(chunk)
        return chunk

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            caller_slots().release(self._address)
            self._line.write(self._response.status_code, self._size)
            self._response.close()
