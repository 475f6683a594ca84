"""Connections to Altostrat: pooled, verified, bound by the deadline, and strict about responses.

HTTPAdapter is used without a Session of requests. A Session would add credentials from .netrc and proxies from the
environment, send one user's cookies in another user's call, and follow redirects with the token. It is also most of the
cost of requests.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse

from billing.altostrat.http.framing import StrictResponse
from billing.altostrat.http.resolving import addresses_of
from billing.altostrat.http.retries import read_retry
from billing.altostrat.http.sockets import DeadlineSocket, DeadlineTLSSocket

_REQUEST_HEAD: Final = re.compile(
    r"[A-Z]+ [\x21-\x7e]+ HTTP/1\.1\r\n([!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)+\r\n"
)


class StrictConnection(HTTPConnection):
    """A connection that ends at the deadline and refuses malformed responses."""

    def connect(self) -> None:
        """Connect, or raise an exception of urllib3 or ssl.SSLError."""
        try:
            super().connect()
        except TimeoutError:
            raise ConnectTimeoutError(self, "Not connected in time.") from None

    _received: StrictResponse | None = None

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

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
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
        return HTTPResponse(
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

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == self.default_port else f"{host}:{self.port}"

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


class _Pool(HTTPConnectionPool):
    ConnectionCls = StrictConnection  # type: ignore[assignment]


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = StrictTLSConnection  # type: ignore[assignment]


_POOLS: Final[dict[str, Any]] = {"http": _Pool, "https": _TLSPool}


class StrictAdapter(HTTPAdapter):
    """An adapter that sends prepared requests over a pool of strict connections."""

    def __init__(self, connections: int, tls: ssl.SSLContext | None) -> None:
        # All connections share one context: loading the CA certificates takes longer than a handshake.
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=read_retry())

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the TLS context is already configured."""


class OriginAdapter(StrictAdapter):
    """An adapter for one origin. HTTPAdapter would look up its pool, proxies and cookies for every request."""

    def __init__(self, origin: str, connections: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(connections, tls)
        self._origin = origin
        self._pool: HTTPConnectionPool = self.poolmanager.connection_from_url(origin)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        return str(request.url).removeprefix(self._origin)

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        response = Response.__new__(Response)  # without a cookie jar, history, …
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        return response


def verifying_context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Verify certificate and host name against certifi's CA certificates or `ca_bundle`. Raise OSError."""
    # The default contexts of ssl and urllib3 obey SSLKEYLOGFILE, which would write the session keys to a file.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineTLSSocket
    # Python sets this option, which hides whether the end of the stream is authentic: see `DeadlineTLSSocket`.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.load_verify_locations(cafile=ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    return context
