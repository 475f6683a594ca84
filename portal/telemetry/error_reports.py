"""Errors of the log as reports to Sentry: where in the code, of which type, and in which route.

https://docs.sentry.io/platforms/python/data-management/sensitive-data/
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpRequest
from sentry_sdk import Client

from portal.logs.access import METHODS, route_of
from portal.logs.context import current_request

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

# All that leaves the process. The SDK adds the name of the machine, its packages and more.
_FIELDS: Final = (
    *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
    *("transaction", "tags", "exception"),
)
_PACKAGES: Final = ("portal", "billing")


class ReportHandler(logging.Handler):
    """A handler that reports the exception of each error in the log."""

    def __init__(self, client: Client) -> None:
        super().__init__(logging.ERROR)
        self._client = client

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("django.security."):
            return  # a refusal, such as that of an unknown host
        # Tasks log the type of an error only, while they handle it.
        error = record.exc_info[1] if record.exc_info else sys.exc_info()[1]
        if error is not None:
            # Without a scope, which could have the user, the request and earlier events.
            self._client.capture_event(_report(record, error))


def start(dsn: str) -> None:
    """Report all errors that the portal logs. This comes before Django configures the log."""
    client = Client(
        dsn,
        release=settings.PORTAL_VERSION,
        default_integrations=False,
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_without_other_fields,
    )
    handler = ReportHandler(client)
    # Celery configures the log a second time.
    settings.LOGGING["handlers"]["reports"] = {"()": lambda: handler}
    settings.LOGGING["root"]["handlers"].append("reports")


def _without_other_fields(event: Event, _: Hint) -> Event:
    return {name: event[name] for name in _FIELDS if name in event}  # type: ignore[return-value]


def _report(record: logging.LogRecord, error: BaseException) -> Event:
    request = getattr(record, "request", None) or current_request.get()
    tags: dict[str, str] = {}
    if isinstance(request, HttpRequest):
        tags["method"] = request.method if request.method in METHODS else "other"
        tags["route"] = route_of(request)
    if status := getattr(record, "status_code", None):
        tags["status"] = str(status)
    return {
        "level": "error",
        "logger": record.name,
        "transaction": tags.get("route", record.name),
        "tags": tags,
        "exception": {"values": [_described(one) for one in reversed(list(_chain(error)))]},
    }


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it, as a traceback shows them."""
    seen, current = set[int](), error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)  # type: ignore[assignment]


def _described(error: BaseException) -> dict[str, Any]:
    """Return the type of an error and the lines that it passed, without its message."""
    frames = [_frame(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return {
        "type": type(error).__qualname__,
        "module": type(error).__module__,
        "stacktrace": {"frames": frames},
    }


def _frame(frame: FrameType, line: int) -> dict[str, Any]:
    module = str(frame.f_globals.get("__name__", "?"))
    is_own = module.partition(".")[0] in _PACKAGES
    return {"module": module, "function": frame.f_code.co_qualname, "lineno": line, "in_app": is_own}
