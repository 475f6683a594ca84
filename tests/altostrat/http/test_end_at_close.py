"""A response without a length ends when its connection closes: accepted for reads, an unknown outcome for writes."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable

import pytest

from billing.altostrat.errors import (
    AltostratError,
    DeadlinePassed,
    Invalid,
    UnexpectedAnswer,
    Unreachable,
    may_have_happened,
)
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.operation import Operation
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import answer, hanging_up, saying

ClientOf = Callable[..., Caller]

LISTING = b'{"data": []}'
JSON = b"Content-Type: application/json\r\n"
HTTP_1_0 = b"HTTP/1.0 200 OK\r\n" + JSON
HTTP_1_1 = b"HTTP/1.1 200 OK\r\n" + JSON

COMPLETE = {
    "HTTP/1.0": HTTP_1_0 + b"\r\n",
    "HTTP/1.0 that announces the close": HTTP_1_0 + b"Connection: close\r\n\r\n",
    "HTTP/1.1 that announces the close": HTTP_1_1 + b"Connection: close\r\n\r\n",
    "in capitals": HTTP_1_1 + b"CONNECTION: Close\r\n\r\n",
    "among other options": HTTP_1_1 + b"Connection: x-trace , close\r\n\r\n",
    "in a second header": HTTP_1_1 + b"Connection: x-trace\r\nConnection: close\r\n\r\n",
    "after an interim response": b"HTTP/1.1 100 Continue\r\n\r\n" + HTTP_1_0 + b"\r\n",
}

CONTRADICTING = {
    "HTTP/1.1 that stays open": (HTTP_1_1 + b"\r\n", FailureReason.NO_FRAMING),
    "HTTP/1.1 with a similar option": (
        HTTP_1_1 + b"Connection: closed, x-close\r\n\r\n",
        FailureReason.NO_FRAMING,
    ),
    "HTTP/1.0 that stays open": (HTTP_1_0 + b"Connection: keep-alive\r\n\r\n", FailureReason.NO_FRAMING),
    "HTTP/1.0 in chunks": (HTTP_1_0 + b"Transfer-Encoding: chunked\r\n\r\n", FailureReason.ENCODING_UNKNOWN),
    "a length that is none": (
        HTTP_1_1 + b"Connection: close\r\nContent-Length: -1\r\n\r\n",
        FailureReason.LENGTH_MALFORMED,
    ),
    "a longer length": (
        HTTP_1_1 + b"Connection: close\r\nContent-Length: 100\r\n\r\n",
        FailureReason.BODY_CUT,
    ),
}


def a_write(client: Caller) -> None:
    client.call(Operation("update", "PATCH", "/x", parse=lambda document: document), None, {"a": 1})


@pytest.mark.parametrize("head", COMPLETE.values(), ids=COMPLETE.keys())
def test_a_read_accepts_the_body_up_to_the_close(client_of: ClientOf, head: bytes) -> None:
    assert client_of(hanging_up(head + LISTING)).list_workspaces().body == LISTING


def test_a_read_accepts_a_body_of_many_packets(client_of: ClientOf) -> None:
    body = b'{"data": [' + b" " * 300_000 + b"]}"

    assert client_of(hanging_up(HTTP_1_0 + b"\r\n" + body)).list_workspaces().body == body


@pytest.mark.parametrize("head", COMPLETE.values(), ids=COMPLETE.keys())
def test_the_outcome_of_a_write_is_unknown(serve: Serve, connect: Connect, head: bytes) -> None:
    upstream = serve(hanging_up(head + LISTING))

    with pytest.raises(UnexpectedAnswer) as caught:
        a_write(connect(upstream.url))

    assert caught.value.reason is FailureReason.NO_FRAMING
    assert may_have_happened(caught.value)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(("head", "reason"), CONTRADICTING.values(), ids=CONTRADICTING.keys())
def test_a_contradicting_response_is_refused(client_of: ClientOf, head: bytes, reason: FailureReason) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        client_of(hanging_up(head + LISTING)).list_workspaces()

    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(LISTING[:6], FailureReason.JSON_MALFORMED), (b"", FailureReason.NO_BODY)],
    ids=["in the document", "before the document"],
)
def test_a_body_that_closes_too_soon_is_refused(
    client_of: ClientOf, body: bytes, reason: FailureReason
) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        client_of(hanging_up(HTTP_1_0 + b"\r\n" + body)).list_workspaces()

    assert caught.value.reason is reason


def test_a_connection_that_is_reset_is_no_end(client_of: ClientOf) -> None:
    def script(connection: socket.socket, number: int) -> None:
        connection.sendall(HTTP_1_0 + b"\r\n" + LISTING)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with pytest.raises(Unreachable) as caught:
        client_of(script).list_workspaces()

    assert caught.value.reason is FailureReason.CONNECTION_LOST


def test_a_connection_that_never_closes_ends_at_the_timeout(client_of: ClientOf) -> None:
    with pytest.raises(DeadlinePassed):
        client_of(saying(HTTP_1_0 + b"\r\n" + LISTING), read_timeout_seconds=0.2).list_workspaces()


def test_the_refusal_of_a_read_is_read_up_to_the_close(client_of: ClientOf) -> None:
    said = b"HTTP/1.0 422 Invalid\r\n" + JSON + b'\r\n{"message": "No."}'

    with pytest.raises(Invalid) as caught:
        client_of(hanging_up(said)).list_workspaces()

    assert caught.value.message == "No."


def test_the_refusal_of_a_write_is_not_trusted(client_of: ClientOf) -> None:
    said = b"HTTP/1.0 422 Invalid\r\n" + JSON + b'\r\n{"message": "No."}'

    with pytest.raises(AltostratError) as caught:
        a_write(client_of(hanging_up(said)))

    assert may_have_happened(caught.value)


def test_the_next_call_has_a_new_connection(serve: Serve, connect: Connect) -> None:
    upstream = serve(hanging_up(HTTP_1_0 + b"\r\n" + LISTING, answer(LISTING)))
    client = connect(upstream.url)
    client.list_workspaces()

    assert client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 2


def test_over_tls_a_closure_alert_ends_the_body(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    def script(connection: socket.socket, number: int) -> None:
        connection.sendall(HTTP_1_0 + b"\r\n" + LISTING)
        connection.unwrap()  # type: ignore[attr-defined]

    upstream = serve(script, tls=server_tls)

    assert connect(upstream.url, ca_bundle=ca_bundle).list_workspaces().body == LISTING


def test_over_tls_a_close_without_alert_is_refused(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    # An attacker on the network can close the TCP connection at any byte.
    upstream = serve(hanging_up(HTTP_1_0 + b"\r\n" + LISTING), tls=server_tls)

    # Whether OpenSSL reports the missing alert or a broken connection depends on when the close arrives.
    with pytest.raises((UnexpectedAnswer, Unreachable)) as caught:
        connect(upstream.url, ca_bundle=ca_bundle).list_workspaces()

    assert caught.value.reason in {FailureReason.BODY_CUT, FailureReason.TLS_FAILED}


def test_over_tls_a_body_with_a_length_needs_no_alert(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    upstream = serve(hanging_up(answer(LISTING)), tls=server_tls)
    client = connect(upstream.url, ca_bundle=ca_bundle)
    client.list_workspaces()

    assert client.list_workspaces().body == LISTING
