"""A server on loopback that sends exactly the bytes of a script and records the requests."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

Script = Callable[[socket.socket, int], None]


class Upstream:
    """A server that runs `script(connection, number)` for each request; `number` counts all requests from 0.

    The connection stays open for the next request unless the script closes it.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._script = script
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
            while head := _head_from(connection):
                with self._lock:
                    number = len(self.requests)
                    self.requests.append(head)
                self._script(connection, number)
        connection.close()  # also one that was accepted while close() ran


def _head_from(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def answer(
    body: bytes = b"{}", *headers: str, status: str = "200 OK", content_type: str = "application/json"
) -> bytes:
    """Return a valid response with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a chunked response that ends with `end`."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def saying(*answers: bytes) -> Script:
    """Send one answer per request, the last one repeatedly. Connections stay open."""
    return lambda connection, number: connection.sendall(answers[min(number, len(answers) - 1)])


def hanging_up(*answers: bytes) -> Script:
    """Do as `saying`, but close the connection after each answer."""

    def script(connection: socket.socket, number: int) -> None:
        connection.sendall(answers[min(number, len(answers) - 1)])
        connection.shutdown(socket.SHUT_RDWR)

    return script


def silent(connection: socket.socket, number: int) -> None:
    """Send nothing until the client disconnects."""
    connection.recv(1)


def dripping(start: bytes, drip: bytes, pause_seconds: float = 0.05) -> Script:
    """Send `start`, then `drip` repeatedly until the client disconnects."""
    never = threading.Event()

    def script(connection: socket.socket, number: int) -> None:
        connection.sendall(start)
        while not never.wait(pause_seconds):
            connection.sendall(drip)

    return script
