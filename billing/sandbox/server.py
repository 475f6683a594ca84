"""The HTTP server, with the journal and the faults on demand."""

from __future__ import annotations

import hashlib
import json
import select
import socket
import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from billing.sandbox.controls import PREFIX, control
from billing.sandbox.dispatch import Answer, Gallery, Request, dispatch, encode
from billing.sandbox.interference import Interference, Rule
from billing.sandbox.state import State

_JOURNAL_LENGTH: Final = 10_000
_MAX_BODY_BYTES: Final = 4 * 1024 * 1024
_HANG_SECONDS: Final = 60
_GARBAGE: Final = b'{"id": "sandbox", "status": '


class SandboxServer(ThreadingHTTPServer):
    """`journal` has the received requests, oldest first, with a digest in place of each token."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], state: State, *, latency_ms: int = 0) -> None:
        self.stopping = threading.Event()  # first, because a port in use closes the server
        super().__init__(address, _Handler)
        self.state = state
        self.latency_seconds = latency_ms / 1000
        self.journal: deque[dict[str, Any]] = deque(maxlen=_JOURNAL_LENGTH)
        self.interference = Interference()

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def server_close(self) -> None:
        """End responses that are still waiting as well."""
        self.stopping.set()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing, because tests disconnect on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    disable_nagle_algorithm = True
    timeout = 120
    server: SandboxServer
    account_id = ""

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        body = self._read_body()
        if body is None:
            return
        if path.startswith(PREFIX):
            reply = control(self.server, self.command, path, body)
            self.answer(reply.status, reply.document)
            return
        entry = self._record(body)
        if self.server.latency_seconds and not self.wait(self.server.latency_seconds):
            return
        headers = self.headers
        request = Request(
            self.command,
            path,
            query,
            headers.get("Authorization", ""),
            headers.get("Content-Type", ""),
            body,
        )
        self._respond(request, entry)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

    # --- answers ----------------------------------------------------------------------------------------

    def answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        self._send(Answer(status, encode(document), headers=headers or {}))

    def raw(self, *chunks: bytes, every_seconds: float = 0) -> None:
        """Send bytes as they are, until the caller disconnects or the server stops, then closes the connection."""
        self.close_connection = True
        with suppress(OSError):
            for chunk in chunks:
                self.wfile.write(chunk)
                if every_seconds and not self.wait(every_seconds):
                    return

    def wait(self, seconds: float) -> bool:
        """Return False as soon as the caller disconnects or the server stops."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.2))
            if self.server.stopping.is_set() or (readable and self._is_disconnected()):
                return False
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the journal has the requests."""

    def _respond(self, request: Request, entry: dict[str, Any]) -> None:
        """Respond, unless a rule interferes. `entry["status"]` records what was done, even if the response is lost."""
        token = request.authorization.partition(" ")[2]
        for rule in self.server.interference.take(self.command, self.path, token):
            word, _, number = rule.does.partition(":")
            if word == "delay":
                if not self.wait(float(number)):
                    return
            elif word == "until_close":
                done = self._carry_out(request)
                entry["status"] = done.status
                self._send(done, until_close=number)
                return
            else:
                if word.endswith("_after"):
                    entry["status"] = self._carry_out(request).status
                self._replace_response(rule)
                return
        reply = dispatch(self.server.state, request)
        if isinstance(reply, Gallery):
            self.account_id = reply.account_id
            reply.fault(self)
        else:
            entry["status"] = reply.status
            self._send(reply)

    def _carry_out(self, request: Request) -> Answer:
        done = dispatch(self.server.state, request)
        return Answer(0) if isinstance(done, Gallery) else done

    def _replace_response(self, rule: Rule) -> None:
        """Hang, send garbage or another status, or close the connection in place of the response."""
        word, _, number = rule.does.partition(":")
        if word.startswith("hang"):
            self.wait(_HANG_SECONDS)
        if word == "garbage_after":
            self._send(Answer(200, _GARBAGE))
        elif word.startswith("status"):
            message = {"message": f"A rule of the sandbox answers {number}."}
            self.answer(int(number), message if rule.document is None else rule.document)
        else:
            self.raw()

    def _send(self, answer: Answer, until_close: str = "") -> None:
        """Send a response, whose end is that of the connection if `until_close` is the version of HTTP."""
        self.protocol_version = f"HTTP/{until_close}" if until_close else "HTTP/1.1"
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            if not until_close:
                self.send_header("Content-Length", str(len(answer.body)))
        if until_close:
            self.send_header("Connection", "close")
        self.send_header("X-Request-Id", f"req_{uuid.uuid4().hex[:20]}")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _is_disconnected(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _read_body(self) -> bytes | None:
        """Return the body, or None after refusing an invalid or excessive length."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.answer(413, {"message": "Send a Content-Length of at most 4 MiB."})
            return None
        return self.rfile.read(int(length))

    def _record(self, body: bytes) -> dict[str, Any]:
        headers = [[name, value] for name, value in self.headers.items() if name.lower() != "authorization"]
        token = hashlib.sha256(self.headers.get("Authorization", "").encode()).hexdigest()
        entry = {
            "method": self.command,
            "path": self.path,
            "headers": headers,
            "authorization_sha256": token,
            "body": _json(body),
            "status": None,
        }
        self.server.journal.append(entry)
        return entry


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
