"""The access log: one event for each request, without anything that the caller wrote.

It has the route instead of the path, because paths contain ids, and neither query strings nor addresses.
"""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any, Final

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing import metrics
from billing.altostrat.trace import parent_of

# At any LOG_LEVEL.
logger = structlog.wrap_logger(
    None,
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory_args=("portal.access",),
)

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

_ROUTE: Final = "portal.route"
_REQUEST_ID: Final = "portal.request_id"
_PERSON: Final = "portal.person"
_SECURITY: Final = "django.security."
_PROBES: Final = ("/healthz", "/readyz")


class AccessLine:
    """The line of one request, which starts now."""

    __slots__ = ("_environ", "_started")

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ, self._started = environ, time.perf_counter()

    @property
    def request_id(self) -> str:
        request_id = self._environ.get(_REQUEST_ID)
        if request_id is None:
            request_id = self._environ[_REQUEST_ID] = uuid.uuid4().hex
        return str(request_id)

    def write(self, status: int, size: int) -> None:
        environ = self._environ
        method, route = environ.get("REQUEST_METHOD"), environ.get(_ROUTE, "-")
        method = method if method in METHODS else "other"
        seconds = time.perf_counter() - self._started
        metrics.request_seconds(route, method, status).observe(seconds)
        parent = parent_of(environ["HTTP_TRACEPARENT"]) if "HTTP_TRACEPARENT" in environ else None
        logger.info(
            "request",
            request_id=self.request_id,
            **({} if parent is None else {"trace_id": parent[3:35]}),
            method=method,
            route=route,
            person=environ.get(_PERSON),
            status=status,
            bytes=size,
            duration_ms=round(seconds * 1000, 1),
        )


def describe(request: HttpRequest) -> None:
    """Put the route, the id and the person of a request into its environ, where its line finds them."""
    request.META[_ROUTE] = route_of(request)
    request.META[_PERSON] = person_of(request)
    if request_id := getattr(request, "request_id", None):
        request.META[_REQUEST_ID] = request_id


def route_of(request: HttpRequest) -> str:
    """Return the path template, or `-` for a path that has none."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    if request.path_info in _PROBES:
        return request.path_info
    return settings.STATIC_URL if request.path_info.startswith(settings.STATIC_URL) else "-"


def person_of(request: HttpRequest) -> int | None:
    """Return the id of the person whose session or key the request has; None if nothing asked for it."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        # Without a query: the middleware of sessions stores the person here once they are loaded.
        user = getattr(request, "_cached_user", None)
    return getattr(user, "id", None)


def _describe_refusal(record: logging.LogRecord) -> None:
    """Keep only the kind of a refusal, because Django's message quotes the host, the origin or the referrer."""
    kind = record.name.removeprefix(_SECURITY)
    if kind != "csrf":
        record.msg, record.args, record.exc_info = "Refused: %s", (kind,), None
    elif isinstance(record.args, tuple):
        # For example "Referer checking failed - https://… does not match any trusted origins."
        reason, *rest = record.args
        record.args = (str(reason).partition(" - ")[0], *rest)


class RouteFilter(logging.Filter):
    """A filter that removes what the caller wrote from Django's own messages: the path, the host, the referrer."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(_SECURITY):
            _describe_refusal(record)
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            # As django.utils.log.log_response writes it.
            path = request.path.encode("unicode_escape").decode("ascii")
            record.args = tuple(
                route_of(request) if argument == path else argument for argument in record.args
            )
        return True


class RequestIdFilter(logging.Filter):
    """A filter that adds the request ID to records that Django logs after RequestIdMiddleware has ended."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = getattr(getattr(record, "request", None), "request_id", None)
        return True
