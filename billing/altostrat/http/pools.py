"""Pools of connections to Altostrat and the identity provider, verified.

urllib3's pool is used without requests. A Session would add credentials from .netrc and proxies from the environment,
send one user's cookies in another user's call, and follow redirects with the token. It is also most of the cost.
"""

from __future__ import annotations

import queue
import ssl
from collections.abc import Mapping
from typing import Any, Final

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout

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


class _Timeouts(Timeout):
    """Timeouts for connecting and reading. Without a total, they have no state, so each request can use the same."""

    def clone(self) -> _Timeouts:
        return self

    def start_connect(self) -> float:
        return 0.0


class OriginPool:
    """A pool of strict connections to one origin."""

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
        self._timeouts, self._retries = _Timeouts(connect=connect_seconds, read=read_seconds), read_retry()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Send a request with exactly these headers and Host. Raise exceptions of urllib3 and the layers below."""
        response = self._pool.urlopen(
            method,
            path,
            body,
            headers,
            retries=self._retries,
            redirect=False,
            assert_same_host=False,
            timeout=self._timeouts,
            preload_content=False,
            decode_content=False,
        )
        assert isinstance(response, Response)
        return response

    def close(self) -> None:
        self._manager.clear()


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
