"""Connections to Altostrat: bound by the deadline, and strict about responses."""

from __future__ import annotations

import http.client
import re
import select
import socket
from collections.abc import Mapping
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, IncompleteRead, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse

from billing.altostrat.http.framing import StrictResponse
from billing.altostrat.http.resolving import addresses_of
from billing.altostrat.http.sockets import DeadlineSocket

_REQUEST_HEAD: Final = re.compile(
    r"[A-Z]+ [\x21-\x7e]+ HTTP/1\.1\r\n([!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)+\r\n"
)


class Response(HTTPResponse):
    """A response whose head and body StrictResponse checks."""

    def read(
        self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False
    ) -> bytes:
        """Read the body as it is. The inherited method takes several times as long to do the same.

        It raises the exceptions of the layers below. The caller has to close the response then.
        """
        assert isinstance(self._original_response, StrictResponse)
        piece = self._original_response.read(amt)
        if self.length_remaining:
            if not piece and amt:
                raise IncompleteRead(0, self.length_remaining)
            self.length_remaining -= len(piece)
        if self._original_response.isclosed():
            self.release_conn()
        return piece

    def _init_length(self, request_method: str | None) -> int | None:
        """Return the length that StrictResponse has checked."""
        assert isinstance(self._original_response, StrictResponse)
        return 0 if request_method == "HEAD" else self._original_response.length

    def return_to(self, pool: HTTPConnectionPool, connection: StrictConnection) -> None:
        """Return the connection to this pool when the body is read to its end."""
        self._pool, self._connection = pool, connection

    def discard(self) -> None:
        """Release the connection, unless the body was read to its end, which returned it to the pool already."""
        if self.connection is not None:
            self.close()
            self.release_conn()


class StrictConnection(HTTPConnection):
    """A connection that ends at the deadline and refuses malformed responses."""

    _received: StrictResponse | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        host = f"[{self.host}]" if ":" in self.host else self.host
        self._authority = host if self.port == self.default_port else f"{host}:{self.port}"

    @property
    def is_connected(self) -> bool:
        """Whether the server has sent nothing since the last response, and has not closed the connection."""
        return self.sock is not None and not self._arrivals.poll(0)

    def connect(self) -> None:
        """Connect, or raise an exception of urllib3 or ssl.SSLError."""
        try:
            super().connect()
        except TimeoutError:
            raise ConnectTimeoutError(self, "Not connected in time.") from None
        self._arrivals = select.poll()
        self._arrivals.register(self.sock, select.POLLIN)

    def request(  # type: ignore[override]  # it sends no other requests
        self,
        method: str,
        url: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> None:
        """Send a request whose headers include, with a body, Content-Length.

        The inherited method sends the same in several times the time: it checks and encodes each header by itself.
        """
        lines = [f"{method} {url} HTTP/1.1", f"Host: {self._authority}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join(lines) + "\r\n\r\n"
        # A line break within a value would begin another header.
        if not _REQUEST_HEAD.fullmatch(head) or head.count("\n") != len(lines) + 1:
            raise ValueError("The head of the request is malformed.")
        if self._received is not None and not self._received.isclosed():
            raise http.client.CannotSendRequest
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        self._request = method, url
        self.send(head.encode("latin-1") + (body.encode() if isinstance(body, str) else body or b""))

    def getresponse(self) -> Response:  # type: ignore[override]
        """Return the response, whose head StrictResponse has checked. urllib3 would check and copy it again."""
        method, url = self._request
        self.sock.settimeout(self.timeout)
        received = StrictResponse(self.sock, method=method)
        try:
            received.begin()
        except BaseException:
            received.close()
            self.close()
            raise
        if received.will_close:
            self.close()
        self._received = received
        return Response(
            body=received,
            headers=received.headers,  # type: ignore[arg-type]
            status=received.status,
            version=received.version,
            reason=received.reason,
            preload_content=False,
            decode_content=False,
            original_response=received,
            request_method=method,
            request_url=url,
        )

    def close(self) -> None:
        received, self._received = self._received, None
        super().close()
        if received is not None:
            received.close()

    def _new_conn(self) -> socket.socket:
        # The inherited method creates plain sockets and resolves names without a timeout.
        try:
            addresses = addresses_of(self._dns_host.strip("[]"), self.port, float(self.timeout or 0))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from None
        failure: OSError | None = None
        for family, kind, protocol, _, address in addresses:
            try:
                return self._connected(DeadlineSocket(family, kind, protocol), address)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise failure
        raise NewConnectionError(self, "No address accepted the connection.") from None

    def _connected(self, sock: DeadlineSocket, address: Any) -> DeadlineSocket:
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(self.timeout)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock


class StrictTLSConnection(StrictConnection, HTTPSConnection):
    """A strict connection over TLS."""
