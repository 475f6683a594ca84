"""Pools of connections to Altostrat and the identity provider, verified.

urllib3's pool is used without requests. A Session would add credentials from .netrc and proxies from the environment,
send one user's cookies in another user's call, and follow redirects with the token. It is also most of the cost.
"""

from __future__ import annotations

import queue
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from billing.altostrat.http.connections import Response, StrictConnection, StrictTLSConnection
from billing.altostrat.http.retries import read_retry
from billing.altostrat.http.sockets import DeadlineTLSSocket


class _Stack:
    """What a pool needs of queue.LifoQueue. It never waits, and so needs no lock."""

    def __init__(self, maxsize: int) -> None:
        self._maxsize, self._items = maxsize, list[Any]()

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        try:
            return self._items.pop()
        except IndexError:
            raise queue.Empty from None

    def put(self, item: Any, block: bool = False) -> None:
        if len(self._items) >= self._maxsize:
            raise queue.Full
        self._items.append(item)

    def qsize(self) -> int:
        return len(self._items)


class _Pool(HTTPConnectionPool):
    ConnectionCls = StrictConnection  # type: ignore[assignment]
    QueueCls = _Stack  # type: ignore[assignment]


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = StrictTLSConnection  # type: ignore[assignment]
    QueueCls = _Stack  # type: ignore[assignment]


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


_FIRST_ERROR: Final = 400
# What a connection raises and urllib3 would retry. `ReadRetry` decides.
_FAILURES: Final = (ConnectTimeoutError, HTTPException, OSError)


class OriginPool:
    """A pool of strict connections to one origin.

    urllib3's own `urlopen` does the same for proxies, redirects and other origins, too, and takes twice as long.
    """

    def __init__(
        self,
        origin: str,
        connections: int,
        tls: ssl.SSLContext | None,
        *,
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        self._manager = PoolManager(1, maxsize=connections, ssl_context=tls)
        self._manager.pool_classes_by_scheme = _POOLS
        self._pool = self._manager.connection_from_url(origin)
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._retries = read_retry()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Send a request with exactly these headers and Host, again as often as `ReadRetry` allows.

        Raise exceptions of urllib3 and the layers below.
        """
        retries = self._retries
        while True:
            try:
                response = self._exchange(method, path, headers, body)
            except _FAILURES as error:
                retries = retries.increment(method, path, error=error, _pool=self._pool)
            else:
                if response.status < _FIRST_ERROR or not retries.is_retry(method, response.status):
                    return response
                try:
                    retries = retries.increment(method, path, response, _pool=self._pool)
                except MaxRetryError:
                    return response
                response.drain_conn()
            retries.sleep()

    def close(self) -> None:
        self._manager.clear()

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        connection: Any = self._pool._get_conn()
        try:
            connection.timeout = self._connect_seconds
            if connection.sock is None:
                connection.connect()
            try:  # noqa: SIM105 - `suppress` would be three calls
                connection.request(method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # a server may answer, and close, before it has read everything
            connection.timeout = self._read_seconds
            response: Response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        response.return_to(self._pool, connection)
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
