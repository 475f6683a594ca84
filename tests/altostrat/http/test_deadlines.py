"""No upstream can keep a call waiting beyond its deadline."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from billing.altostrat.errors import AltostratError, DeadlinePassed, Unreachable
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http import deadlines
from billing.altostrat.http.deadlines import deadline
from billing.altostrat.http.resolving import addresses_of
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import Script, answer, chunked, dripping, saying, silent
from tests.clock import stopped_clock

ClientOf = Callable[..., Caller]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


# Longer than a test may take, so that only another limit can end the call.
NEVER = 600.0


@pytest.mark.parametrize(
    "script",
    [
        silent,
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n", 0.1),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1"),
        dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: x\r\n", 0.1),
    ],
    ids=[
        "silence",
        "status line",
        "header",
        "headers",
        "endless 100",
        "body",
        "chunks",
        "chunk size",
        "trailer",
    ],
)
def test_a_dripping_response_ends_at_the_deadline(client_of: ClientOf, script: Script) -> None:
    client = client_of(script, read_timeout_seconds=NEVER, deadline_seconds=0.3)

    with pytest.raises(DeadlinePassed) as caught:
        client.list_workspaces()

    assert caught.value.reason in (FailureReason.DEADLINE, FailureReason.READ_TIMEOUT)


def test_a_dripping_response_over_tls_ends_at_the_deadline(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    upstream = serve(dripping(HEAD + b"Content-Length: 1000\r\n\r\n", b" "), tls=server_tls)
    client = connect(upstream.url, ca_bundle=ca_bundle, read_timeout_seconds=NEVER, deadline_seconds=0.3)

    with pytest.raises(DeadlinePassed):
        client.list_workspaces()


def test_an_endless_response_ends_at_the_deadline(client_of: ClientOf) -> None:
    flood = dripping(chunked(end=b""), b"10000\r\n" + b" " * 0x10000 + b"\r\n", pause_seconds=0)
    client = client_of(flood, max_body_bytes=10**12, read_timeout_seconds=NEVER, deadline_seconds=0.3)

    with pytest.raises(DeadlinePassed) as caught:
        client.list_workspaces()

    assert caught.value.reason is FailureReason.DEADLINE


def test_silence_ends_at_the_read_timeout(client_of: ClientOf) -> None:
    client = client_of(silent, read_timeout_seconds=0.1, deadline_seconds=NEVER)

    with pytest.raises(DeadlinePassed) as caught:
        client.list_workspaces()

    assert caught.value.reason is FailureReason.READ_TIMEOUT
    assert client.records[0].attempts == 1


def test_a_read_timeout_within_the_body_ends_the_call(client_of: ClientOf) -> None:
    client = client_of(
        saying(HEAD + b"Content-Length: 10\r\n\r\n{"), read_timeout_seconds=0.1, deadline_seconds=NEVER
    )

    with pytest.raises(DeadlinePassed) as caught:
        client.list_workspaces()

    assert caught.value.status == 200


def test_an_unanswered_connection_attempt_is_unreachable(connect: Connect) -> None:
    with full_backlog() as port, pytest.raises(Unreachable) as caught:
        connect(
            f"http://127.0.0.1:{port}", connect_timeout_seconds=0.1, deadline_seconds=NEVER
        ).list_workspaces()

    assert caught.value.reason is FailureReason.NOT_CONNECTED_IN_TIME


def test_an_unanswered_tls_handshake_is_unreachable(connect: Connect, ca_bundle: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = connect(url, ca_bundle=ca_bundle, connect_timeout_seconds=0.1, deadline_seconds=NEVER)

        with pytest.raises(Unreachable) as caught:
            client.list_workspaces()

    assert caught.value.reason is FailureReason.NOT_CONNECTED_IN_TIME


def test_a_slow_resolver_does_not_delay_a_call_beyond_its_deadline() -> None:
    answer = threading.Event()

    def slow(*args: object, **kwargs: object) -> list[tuple[object, ...]]:
        answer.wait(NEVER)
        return []

    with deadline(0.1), pytest.raises(TimeoutError):
        addresses_of("altostrat.example", 443, NEVER, lookup=slow)
    answer.set()


def test_a_resolver_error_is_raised() -> None:
    with pytest.raises(socket.gaierror):
        addresses_of("altostrat.invalid", 443, 3.0)


def test_an_unknown_host_is_unreachable(connect: Connect, ca_bundle: str) -> None:
    client = connect(
        "https://altostrat.invalid", ca_bundle=ca_bundle, connect_timeout_seconds=2, deadline_seconds=2
    )

    with pytest.raises(Unreachable) as caught:
        client.list_workspaces()

    assert caught.value.reason in (FailureReason.NAME_NOT_RESOLVED, FailureReason.NOT_CONNECTED_IN_TIME)


def test_a_call_after_a_timeout_succeeds(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(HEAD + b"Content-Length: 1000\r\n\r\n", answer(b'{"data": []}')))
    client = connect(upstream.url, read_timeout_seconds=0.1)
    with pytest.raises(DeadlinePassed):
        client.list_workspaces()

    assert client.list_workspaces().value.items == ()


def test_each_call_on_a_reused_connection_has_its_own_deadline(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = stopped_clock(monkeypatch, deadlines)
    upstream = serve(saying(chunked(b'{"data": []}')))
    client = connect(upstream.url, deadline_seconds=10)

    for _ in range(3):
        client.list_workspaces()
        clock.now += 8

    assert [record.outcome for record in client.records] == ["200"] * 3
    assert len(upstream.connections) == 1


def test_a_refused_connection_is_unreachable(connect: Connect, closed_port: int) -> None:
    with pytest.raises(Unreachable) as caught:
        connect(f"http://127.0.0.1:{closed_port}").list_workspaces()

    assert caught.value.reason is FailureReason.CONNECTION_FAILED
    assert isinstance(caught.value, AltostratError)


@contextmanager
def full_backlog() -> Iterator[int]:
    """Yield a port where the kernel does not answer further connection attempts."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        yield port
        for one in waiting:
            one.close()
