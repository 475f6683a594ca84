"""Scripted upstreams and clients for them. Tests of timeouts set their own limits."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import trustme

from billing.altostrat.call_record import CallRecord
from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.http.transport import Transport, TransportConfig
from tests.altostrat.upstream import Script, Upstream

CANARY = "alto_sk_" + "CANARY" * 8


class Caller(AltostratClient):
    """A client that exposes its transport and the records of its calls."""

    def __init__(self, transport: Transport, **kwargs: Any) -> None:
        self.records: list[CallRecord] = []
        self.transport = transport
        super().__init__(transport, BearerToken(CANARY), on_answer=self.records.append, **kwargs)


Serve = Callable[..., Upstream]
Connect = Callable[..., Caller]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Yield a function that starts an upstream with a script."""
    with ExitStack() as stack:

        def start(script: Script, tls: ssl.SSLContext | None = None) -> Upstream:
            upstream = Upstream(script, tls)
            stack.callback(upstream.close)
            return upstream

        yield start


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Yield a function that creates a client for a base URL. Other keywords go to TransportConfig."""
    with ExitStack() as stack:

        def start(base_url: str, portal_request_id: str = "", **config: Any) -> Caller:
            limits: dict[str, Any] = {"connect_timeout_seconds": 5, "read_timeout_seconds": 5}
            settings = TransportConfig(base_url, **{**limits, "deadline_seconds": 10, **config})
            transport = Transport(settings)
            stack.callback(transport.close)
            return Caller(transport, portal_request_id=portal_request_id)

        yield start


@pytest.fixture
def client_of(serve: Serve, connect: Connect) -> Callable[..., Caller]:
    """Return a function that creates a client and its scripted upstream: `client_of(saying(answer()))`."""
    return lambda script, **config: connect(serve(script).url, **config)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the certificate file of the authority that issued the server's certificate."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """Return a server context for 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Yield a port that refuses connections: it is bound, so no other process can use it, but not listening."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]
