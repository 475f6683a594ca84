"""The lines of the log: what each of them contains, and how it is written.

https://www.structlog.org/en/stable/processors.html
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from billing.altostrat.trace import trace_id
from portal.logs.context import NO_REQUEST, current_request
from portal.logs.tracebacks import traceback_of

FORMATS: Final = ("json", "text")
AUDIT: Final = "audit"

_encode: Final = json.JSONEncoder(default=str).encode
_INDENT: Final = "\n    "


class Output:
    """Writes the lines of one logger."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name, self._write, self._flush = name, stream.write, stream.flush

    def info(self, line: str) -> None:
        self._write(line + "\n")
        self._flush()


class Outputs:
    """Creates the output of a logger. In the server, the audit log has standard output for itself."""

    def __init__(self) -> None:
        self.audit_stream = self._stream = sys.stderr

    def __call__(self, name: str) -> Output:
        return Output(name, self.audit_stream if name == AUDIT else self._stream)


outputs: Final = Outputs()


def describe_event(output: Output, level: str, event: EventDict) -> EventDict:
    """Return an event of structlog with its time, level, logger, request and route."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "logger": output.name,
        "event": event.pop("event"),
        **_request_fields(event.pop("request_id", None)),
        **event,
    }


def describe_record(_: object, level: str, event: EventDict) -> EventDict:
    """Return the same for a record of the standard library's logging."""
    record = event["_record"]
    error = event["exc_info"][1] if event.get("exc_info") else None
    return {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "logger": record.name,
        "event": event["event"],
        **_request_fields(getattr(record, "request_id", None)),
        **({} if error is None else {"exception": traceback_of(error)}),
    }


def _request_fields(request_id: str | None) -> dict[str, str]:
    request = current_request.get()
    if request is None:
        return {"request_id": request_id or NO_REQUEST}
    fields = {"request_id": request_id or request.request_id}  # type: ignore[attr-defined]
    if request.resolver_match is not None:
        fields["route"] = f"/{request.resolver_match.route}"
    if (trace := trace_id()) is not None:
        fields["trace_id"] = trace
    return fields


def json_line(_: object, __: str, event: EventDict) -> str:
    return _encode(event)


def text_line(_: object, __: str, event: EventDict) -> str:
    """Return a line for people. Nothing that a value contains can look like another line or field."""
    exception = event.pop("exception", None)
    first = [event.pop("time"), event.pop("level").upper(), event.pop("logger")]
    first += [f"request_id={event.pop('request_id')}", _printable(event.pop("event"))]
    line = " ".join([*first, *(f"{name}={_text_value(value)}" for name, value in event.items())])
    return line if exception is None else line + _INDENT + _INDENT.join(exception.splitlines())


def _printable(text: str) -> str:
    return text if text.isprintable() else _encode(text)[1:-1]


def _text_value(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and not set(text) & set(' "=') else _encode(text)


def renderer(form: str) -> Processor:
    return text_line if form == "text" else json_line


def formatter(form: str) -> ProcessorFormatter:
    """Return the formatter of the records of the standard library's logging."""
    return ProcessorFormatter(processors=[describe_record, renderer(form)])


def configure_structlog(form: str, level: int) -> None:
    """Configure the loggers of structlog, which the portal uses for events with fields."""
    structlog.configure(
        processors=[describe_event, renderer(form)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=outputs,
        cache_logger_on_first_use=True,
    )
