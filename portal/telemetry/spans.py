"""Requests, calls to Altostrat and runs of tasks as spans, made of their events in the log.

https://opentelemetry.io/docs/specs/otel/trace/
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog
from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from billing.altostrat.trace import current_parent
from portal.logs.context import current_request

if TYPE_CHECKING:
    from structlog.typing import EventDict

_KINDS: Final[Mapping[str, SpanKind]] = {
    "request": SpanKind.SERVER,
    "altostrat call": SpanKind.CLIENT,
    "task run": SpanKind.INTERNAL,
}
# The fields that become attributes. https://opentelemetry.io/docs/specs/semconv/http/http-spans/ has names for most.
_ATTRIBUTES: Final[Mapping[SpanKind, Mapping[str, str]]] = {
    SpanKind.SERVER: {
        "method": "http.request.method",
        "route": "http.route",
        "status": "http.response.status_code",
    },
    SpanKind.CLIENT: {"method": "http.request.method", "path": "url.template", "outcome": "portal.outcome"},
    SpanKind.INTERNAL: {"task": "portal.task", "outcome": "portal.outcome"},
}
_MILLISECOND: Final = 1_000_000


class SpanOfEvent:
    """A processor of structlog that exports a span for each event that has a duration, and returns the event."""

    def __init__(self, spans: BatchSpanProcessor, version: str) -> None:
        self._spans = spans
        # Not `Resource.create`, which adds the machine, the process and its command line.
        self._resource = Resource({"service.name": "billing-portal", "service.version": version})

    def __call__(self, _: object, __: str, event: EventDict) -> EventDict:
        kind = _KINDS.get(event["event"])
        if kind is not None and "duration_ms" in event:
            self._spans.on_end(self._span(kind, event))
        return event

    def _span(self, kind: SpanKind, event: EventDict) -> ReadableSpan:
        trace, own, parent = _ids(kind, event)
        end = time.time_ns()
        attributes = _attributes(kind, event)
        names = [event[field] for field in ("method", "route", "path", "task") if field in _ATTRIBUTES[kind]]
        return ReadableSpan(
            name=" ".join(names),
            context=_context(trace, own),
            parent=None if parent is None else _context(trace, parent),
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            status=Status(StatusCode.ERROR if "error.type" in attributes else StatusCode.UNSET),
            start_time=end - int(event["duration_ms"] * _MILLISECOND),
            end_time=end,
        )


def start(endpoint: str) -> None:
    """Export spans from now on."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    spans = SpanOfEvent(BatchSpanProcessor(exporter), settings.PORTAL_VERSION)
    describe, *others = structlog.get_config()["processors"]
    structlog.configure(processors=[describe, spans, *others])


def _attributes(kind: SpanKind, event: EventDict) -> dict[str, str | int]:
    found: dict[str, str | int] = {name: event[field] for field, name in _ATTRIBUTES[kind].items()}
    outcome = str(event["status" if kind is SpanKind.SERVER else "outcome"])
    if _is_error(kind, outcome):
        found["error.type"] = outcome
    return found


def _is_error(kind: SpanKind, outcome: str) -> bool:
    """Return whether a request or a task failed by a fault of the portal, or a call in any way."""
    if outcome.isdecimal():
        return int(outcome) >= (500 if kind is SpanKind.SERVER else 400)
    return kind is SpanKind.CLIENT or outcome == "failed"


def _ids(kind: SpanKind, event: EventDict) -> tuple[str, str, str | None]:
    """Return the IDs of the trace, the span and its parent, in hexadecimal.

    The request ID is the trace ID if the caller has no trace, and begins with the ID of the request's span. So the log
    leads to the trace.
    """
    request_id = str(event["request_id"]).replace("-", "") or os.urandom(16).hex()
    trace = event.get("trace_id", request_id)
    root = getattr(current_request.get(), "span_id", request_id[:16])
    if kind is SpanKind.CLIENT:
        return trace, os.urandom(8).hex(), root
    caller = current_parent.get()
    is_continued = kind is SpanKind.SERVER and caller is not None and caller[3:35] == trace
    return trace, root, caller[36:52] if is_continued and caller else None


def _context(trace: str, span: str) -> SpanContext:
    return SpanContext(
        int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
