"""Malformed HTTP is refused, and leftover bytes never reach the next caller on the same connection."""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Callable

import pytest

from billing.altostrat.errors import AltostratError, UnexpectedAnswer, Unreachable
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.operations.operation import Operation
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import Script, answer, chunked, hanging_up, saying

ClientOf = Callable[..., Caller]

LISTING = b'{"data": []}'
JSON = b"Content-Type: application/json\r\n"


def head(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"".join(line + b"\r\n" for line in (b"HTTP/1.1 " + status, JSON.rstrip(), *lines)) + b"\r\n"


MALFORMED = {
    "length is not a number": (head(b"Content-Length: twelve") + LISTING, FailureReason.LENGTH_MALFORMED),
    "negative length": (head(b"Content-Length: -1") + LISTING, FailureReason.LENGTH_MALFORMED),
    "signed length": (head(b"Content-Length: +12") + LISTING, FailureReason.LENGTH_MALFORMED),
    "length with underscore": (head(b"Content-Length: 1_2") + LISTING, FailureReason.LENGTH_MALFORMED),
    "hexadecimal length": (head(b"Content-Length: 0xc") + LISTING, FailureReason.LENGTH_MALFORMED),
    "empty length": (head(b"Content-Length:") + LISTING, FailureReason.LENGTH_MALFORMED),
    "huge length": (head(b"Content-Length: " + b"9" * 5000) + LISTING, FailureReason.LENGTH_MALFORMED),
    "two lengths": (
        head(b"Content-Length: 12", b"Content-Length: 2") + LISTING,
        FailureReason.LENGTH_MALFORMED,
    ),
    "same length twice": (
        head(b"Content-Length: 12", b"Content-Length: 12") + LISTING,
        FailureReason.LENGTH_MALFORMED,
    ),
    "length list": (head(b"Content-Length: 12, 12") + LISTING, FailureReason.LENGTH_MALFORMED),
    "unknown encoding": (head(b"Transfer-Encoding: gzip") + LISTING, FailureReason.ENCODING_UNKNOWN),
    "encoding list": (head(b"Transfer-Encoding: gzip, chunked") + LISTING, FailureReason.ENCODING_UNKNOWN),
    "two encodings": (
        head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        FailureReason.ENCODING_UNKNOWN,
    ),
    "chunks in HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        FailureReason.ENCODING_UNKNOWN,
    ),
    "chunks in a 204": (
        head(b"Transfer-Encoding: chunked", status=b"204 No Content") + b"0\r\n\r\n",
        FailureReason.ENCODING_UNKNOWN,
    ),
    "both framings": (
        head(b"Content-Length: 12", b"Transfer-Encoding: chunked") + b"c\r\n" + LISTING + b"\r\n0\r\n\r\n",
        FailureReason.TWO_FRAMINGS,
    ),
    "no framing": (head() + LISTING, FailureReason.NO_FRAMING),
    "status 999": (head(b"Content-Length: 12", status=b"999 What") + LISTING, FailureReason.STATUS_UNKNOWN),
    "status 600": (head(b"Content-Length: 12", status=b"600 What") + LISTING, FailureReason.STATUS_UNKNOWN),
    "status 103": (head(b"Link: x", status=b"103 Early Hints"), FailureReason.STATUS_UNKNOWN),
    "status 101": (head(b"Upgrade: x", status=b"101 Switching"), FailureReason.STATUS_UNKNOWN),
    "status of two digits": (b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", FailureReason.HEAD_MALFORMED),
    "status of four digits": (b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", FailureReason.HEAD_MALFORMED),
    "status of no digits": (b"HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n", FailureReason.HEAD_MALFORMED),
    "HTTP/2 in clear": (b"HTTP/2 200\r\ncontent-length: 0\r\n\r\n", FailureReason.HEAD_MALFORMED),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", FailureReason.HEAD_MALFORMED),
    "space before colon": (head(b"Content-Length : 12") + LISTING, FailureReason.HEAD_MALFORMED),
    "folded line": (head(b"Content-Length: 12", b" 3") + LISTING, FailureReason.HEAD_MALFORMED),
    "no colon": (head(b"Content-Length: 12", b"nonsense") + LISTING, FailureReason.HEAD_MALFORMED),
    "bare carriage return": (head(b"Content-Length: 12\rX: y") + LISTING, FailureReason.HEAD_MALFORMED),
    "NUL in a header": (head(b"Content-Length: 12", b"X: \x00") + LISTING, FailureReason.HEAD_MALFORMED),
    "too many headers": (
        head(*[b"X: y"] * 100, b"Content-Length: 12") + LISTING,
        FailureReason.HEAD_MALFORMED,
    ),
    "header too long": (
        head(b"X: " + b"y" * 70_000, b"Content-Length: 12") + LISTING,
        FailureReason.HEAD_MALFORMED,
    ),
    "head too long": (
        head(*[b"X: " + b"y" * 40_000] * 2, b"Content-Length: 12") + LISTING,
        FailureReason.HEAD_MALFORMED,
    ),
    "fast endless 100": (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, FailureReason.HEAD_MALFORMED),
    "chunk size with sign": (chunked(end=b"+0\r\n\r\n"), FailureReason.BODY_MALFORMED),
    "negative chunk size": (chunked(LISTING, end=b"-5\r\n\r\n"), FailureReason.BODY_MALFORMED),
    "chunk size with prefix": (chunked(end=b"0x0\r\n\r\n"), FailureReason.BODY_MALFORMED),
    "huge chunk size": (chunked(end=b"f" * 17 + b"\r\n"), FailureReason.BODY_MALFORMED),
    "chunk size line too long": (chunked(end=b"0;" + b"x" * 2000 + b"\r\n\r\n"), FailureReason.BODY_CUT),
    "chunk longer than its size": (
        head(b"Transfer-Encoding: chunked") + b"2\r\n" + LISTING + b"\r\n0\r\n\r\n",
        FailureReason.BODY_MALFORMED,
    ),
    "no line end after a chunk": (
        head(b"Transfer-Encoding: chunked") + b"c\r\n" + LISTING + b"xx0\r\n\r\n",
        FailureReason.BODY_MALFORMED,
    ),
    "malformed trailer": (chunked(LISTING, end=b"0\r\nnonsense\r\n\r\n"), FailureReason.HEAD_MALFORMED),
}

CUT_OFF = {
    "in the status line": (b"HTTP/1.1 200 O", FailureReason.HEAD_CUT),
    "before the headers": (b"HTTP/1.1 200 OK\r\n", FailureReason.HEAD_CUT),
    "in a header": (b"HTTP/1.1 200 OK\r\nContent-Le", FailureReason.HEAD_CUT),
    "before the blank line": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", FailureReason.HEAD_CUT),
    "in the head of a 204": (b"HTTP/1.1 204 No Content\r\nX: y\r\n", FailureReason.HEAD_CUT),
    "in an interim head": (b"HTTP/1.1 100 Continue\r\n", FailureReason.HEAD_CUT),
    "in the body": (head(b"Content-Length: 100") + LISTING, FailureReason.BODY_CUT),
    "before the body": (head(b"Content-Length: 100"), FailureReason.BODY_CUT),
    "in a chunk": (head(b"Transfer-Encoding: chunked") + b"ff\r\n" + LISTING, FailureReason.BODY_CUT),
    "after a chunk": (head(b"Transfer-Encoding: chunked") + b"c\r\n" + LISTING, FailureReason.BODY_CUT),
    "before the last chunk": (chunked(LISTING, end=b""), FailureReason.BODY_CUT),
    "in a chunk's size": (chunked(LISTING, end=b"0"), FailureReason.BODY_CUT),
    "before the trailer's end": (chunked(LISTING, end=b"0\r\n"), FailureReason.HEAD_CUT),
}


CASES = {
    **{name: (saying(said), reason) for name, (said, reason) in MALFORMED.items()},
    **{f"cut off {name}": (hanging_up(said), reason) for name, (said, reason) in CUT_OFF.items()},
}


@pytest.mark.parametrize(("script", "reason"), CASES.values(), ids=CASES)
def test_malformed_and_truncated_responses_are_refused(
    serve: Serve, connect: Connect, script: Script, reason: FailureReason
) -> None:
    upstream = serve(script)

    with pytest.raises(UnexpectedAnswer) as caught:
        connect(upstream.url).list_workspaces()

    assert caught.value.reason is reason
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    "said",
    [
        answer(LISTING),
        b"HTTP/1.1 200\r\n" + JSON + b"Content-Length: 12\r\n\r\n" + LISTING,
        b"HTTP/1.1 200 \r\n" + JSON + b"content-length:12  \r\n\r\n" + LISTING,
        b"HTTP/1.1 200 OK\n" + JSON.replace(b"\r", b"") + b"Content-Length: 12\n\n" + LISTING,
        b"HTTP/1.0 200 OK\r\n" + JSON + b"Content-Length: 12\r\n\r\n" + LISTING,
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(LISTING),
        chunked(LISTING[:1], LISTING[1:]),
        chunked(LISTING, end=b"0;last\r\nX-Trailer: y\r\n\r\n"),
        chunked(LISTING, end=b"000\r\n\r\n"),
        head(b"Transfer-Encoding: Chunked") + b"C;name=value\r\n" + LISTING + b"\r\n0\r\n\r\n",
    ],
)
def test_valid_responses_are_accepted(client_of: ClientOf, said: bytes) -> None:
    assert client_of(saying(said)).list_workspaces().body == LISTING


def test_a_write_with_a_truncated_response_fails(client_of: ClientOf) -> None:
    client = client_of(hanging_up(b"HTTP/1.1 204 No Content\r\n"))

    with pytest.raises(UnexpectedAnswer):
        client.call(Operation("delete", "DELETE", "/x", parse=lambda document: document))


def test_a_connection_closed_before_the_first_byte_is_unreachable(client_of: ClientOf) -> None:
    with pytest.raises(Unreachable) as caught:
        client_of(hanging_up(b"")).list_workspaces()

    assert caught.value.reason is FailureReason.CONNECTION_LOST


OTHERS = answer(b'{"data": [{"id": "ws_of_somebody_else"}]}')


@pytest.mark.parametrize(
    "leftover",
    [b"x", b"\r\n", OTHERS, OTHERS[:30], b"0\r\n\r\n" + OTHERS, b"x" * 20_000 + OTHERS],
    ids=["a byte", "a line", "a response", "part of a response", "after chunks", "more than a buffer"],
)
@pytest.mark.parametrize("said", [answer(LISTING), chunked(LISTING)], ids=["length", "chunked"])
def test_leftover_bytes_do_not_become_the_next_response(
    serve: Serve, connect: Connect, said: bytes, leftover: bytes
) -> None:
    upstream = serve(saying(said + leftover, answer(LISTING)))
    client = connect(upstream.url)
    client.list_workspaces()

    assert client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 2


def test_bytes_after_an_empty_response_do_not_become_the_next_one(serve: Serve, connect: Connect) -> None:
    upstream = serve(
        saying(b"HTTP/1.1 204 No Content\r\nContent-Length: 41\r\n\r\n" + OTHERS, answer(LISTING))
    )
    client = connect(upstream.url)
    client.call(Operation("delete", "DELETE", "/x", parse=lambda document: document))

    assert client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 2


def test_leftover_bytes_over_tls_do_not_become_the_next_response(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    # The response exactly fills the reader's buffer, so what follows is decrypted but buffered by TLS.
    padding = "X: " + "x" * (io.DEFAULT_BUFFER_SIZE - len(answer(LISTING, "X: ")))
    upstream = serve(saying(answer(LISTING, padding) + OTHERS, answer(LISTING)), tls=server_tls)
    client = connect(upstream.url, ca_bundle=ca_bundle)
    client.list_workspaces()

    assert client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 4  # each counts twice, as itself and wrapped


def test_a_response_before_the_request_is_discarded(serve: Serve, connect: Connect) -> None:
    first_call_ended, response_sent = threading.Event(), threading.Event()

    def script(connection: socket.socket, number: int) -> None:
        connection.sendall(answer(LISTING))
        if number == 0:
            first_call_ended.wait(60)
            connection.sendall(OTHERS)
            response_sent.set()

    upstream = serve(script)
    client = connect(upstream.url)
    client.list_workspaces()
    first_call_ended.set()
    response_sent.wait(60)

    assert client.list_workspaces().body == LISTING


def test_the_connection_of_a_malformed_response_is_not_reused(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(MALFORMED["both framings"][0], answer(LISTING)))
    client = connect(upstream.url)
    with pytest.raises(AltostratError):
        client.list_workspaces()

    assert client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 2


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\0b", "5 \N{EURO SIGN}"])
def test_a_malformed_header_is_not_sent(serve: Serve, connect: Connect, value: str) -> None:
    upstream = serve(answer(body=LISTING))
    outcome = connect(upstream.url).transport.send("GET", "/workspaces", {"X-Test": value})

    assert isinstance(outcome.result, CallFailure)
    assert upstream.requests == []
