"""A server that keeps what a portal sends to Sentry and to a collector of OpenTelemetry."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_WAIT_SECONDS = 60


@dataclass
class Receiver:
    """The requests that arrived, as path, headers and body."""

    url: str
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a portal that sends everything here, soon."""
        return {
            "SENTRY_DSN": f"{self.url.replace('://', '://public-key@')}/1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }

    @property
    def everything(self) -> bytes:
        return b"\n".join(f"{path} {headers}".encode() + body for path, headers, body in self.requests)

    @property
    def reports(self) -> list[dict[str, Any]]:
        """Return the events of all envelopes: https://develop.sentry.dev/sdk/foundations/envelopes/."""
        envelopes = [body for path, _, body in self.requests if path == "/api/1/envelope/"]
        return [json.loads(body.splitlines()[2]) for body in envelopes]

    @property
    def exports(self) -> list[ExportTraceServiceRequest]:
        bodies = [body for path, _, body in self.requests if path == "/v1/traces"]
        return [ExportTraceServiceRequest.FromString(body) for body in bodies]

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for export in self.exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait_until(self, is_complete: Callable[[], bool]) -> None:
        """Wait for requests that are still on their way."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not is_complete():
            assert time.monotonic() < deadline, [path for path, _, _ in self.requests]
            time.sleep(0.1)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] in ("gzip", "deflate"):
            unpack = gzip.decompress if self.headers["Content-Encoding"] == "gzip" else zlib.decompress
            body = unpack(body)
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        receiver.requests.append((self.path, str(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass
