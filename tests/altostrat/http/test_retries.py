"""Reads are retried while there is time; writes never are."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from urllib3.util.retry import RequestHistory

from billing.altostrat import errors
from billing.altostrat.errors import AltostratError
from billing.altostrat.http import retries
from billing.altostrat.http.retries import read_retry
from billing.altostrat.operations.operation import Operation
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import answer, hanging_up, saying, silent

ClientOf = Callable[..., Caller]

LISTING = b'{"data": []}'
WRITE = Operation("create", "POST", "/x", parse=lambda document: document)
TRANSIENT = [429, 502, 503, 504]


def failing(code: int, *headers: str) -> bytes:
    return answer(b"{}", *headers, status=f"{code} Failing")


class Pauses(list[float]):
    """The part of the module `time` that retries use. It records pauses instead of sleeping."""

    sleep = list.append


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    recorded = Pauses()
    monkeypatch.setattr(retries, "time", recorded)
    return recorded


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


@pytest.mark.parametrize("code", TRANSIENT)
def test_a_read_is_retried(client_of: ClientOf, code: int) -> None:
    client = client_of(saying(failing(code), answer(LISTING)), deadline_seconds=3)

    assert client.list_workspaces().body == LISTING
    assert client.records[0].attempts == 2


def test_a_read_is_retried_at_most_twice(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(failing(503)))
    client = connect(upstream.url, deadline_seconds=5)

    with pytest.raises(errors.Unavailable):
        client.list_workspaces()

    assert len(upstream.requests) == client.records[0].attempts == 3


def test_a_read_is_retried_if_the_connection_closes_without_a_response(client_of: ClientOf) -> None:
    client = client_of(hanging_up(b"", answer(LISTING)), deadline_seconds=3)

    assert client.list_workspaces().body == LISTING
    assert client.records[0].attempts == 2


def test_a_read_is_retried_if_the_connection_is_reset(client_of: ClientOf) -> None:
    def script(connection: socket.socket, number: int) -> None:
        reset(connection) if number == 0 else connection.sendall(answer(LISTING))

    assert client_of(script, deadline_seconds=3).list_workspaces().body == LISTING


def test_a_read_is_retried_if_the_connection_fails(connect: Connect, closed_port: int) -> None:
    client = connect(f"http://127.0.0.1:{closed_port}", deadline_seconds=3)

    with pytest.raises(errors.Unreachable):
        client.list_workspaces()

    assert client.records[0].attempts == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 422, 500, 501])
def test_other_error_statuses_are_final(serve: Serve, connect: Connect, code: int) -> None:
    upstream = serve(saying(failing(code, "Retry-After: 0"), answer(LISTING)))

    with pytest.raises(AltostratError):
        connect(upstream.url).list_workspaces()

    assert len(upstream.requests) == 1


def test_a_read_is_not_retried_after_a_read_timeout(serve: Serve, connect: Connect) -> None:
    upstream = serve(silent)

    with pytest.raises(errors.DeadlinePassed):
        connect(upstream.url, read_timeout_seconds=0.1, deadline_seconds=3).list_workspaces()

    assert len(upstream.requests) == 1


def test_a_truncated_body_is_not_retried(serve: Serve, connect: Connect) -> None:
    upstream = serve(hanging_up(answer(LISTING)[:-1], answer(LISTING)))

    with pytest.raises(errors.UnexpectedAnswer):
        connect(upstream.url).list_workspaces()

    assert len(upstream.requests) == 1


@pytest.mark.parametrize("code", TRANSIENT)
def test_a_write_is_not_retried(serve: Serve, connect: Connect, code: int) -> None:
    upstream = serve(saying(failing(code, "Retry-After: 0")))
    client = connect(upstream.url, deadline_seconds=3)

    with pytest.raises(AltostratError):
        client.call(WRITE)

    assert len(upstream.requests) == client.records[0].attempts == 1


def test_a_write_is_not_retried_if_the_connection_is_lost(serve: Serve, connect: Connect) -> None:
    upstream = serve(hanging_up(b""))

    with pytest.raises(errors.Unreachable):
        connect(upstream.url, deadline_seconds=3).call(WRITE)

    assert len(upstream.requests) == 1


def test_a_write_is_not_retried_if_the_connection_fails(connect: Connect, closed_port: int) -> None:
    client = connect(f"http://127.0.0.1:{closed_port}", deadline_seconds=3)

    with pytest.raises(errors.Unreachable):
        client.call(WRITE)

    assert client.records[0].attempts == 1


def test_a_write_is_not_retried_after_a_read_timeout(serve: Serve, connect: Connect) -> None:
    upstream = serve(silent)

    with pytest.raises(errors.DeadlinePassed):
        connect(upstream.url, read_timeout_seconds=0.1, deadline_seconds=3).call(WRITE)

    assert len(upstream.requests) == 1


def test_retry_after_determines_the_pause(client_of: ClientOf, pauses: Pauses) -> None:
    client = client_of(saying(failing(429, "Retry-After: 1"), answer(LISTING)), deadline_seconds=5)

    client.list_workspaces()

    assert pauses == [1.0]


@pytest.mark.parametrize("retry_after", ["30", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_the_deadline_ends_the_call(
    serve: Serve, connect: Connect, pauses: Pauses, retry_after: str
) -> None:
    upstream = serve(saying(failing(429, f"Retry-After: {retry_after}")))
    client = connect(upstream.url, deadline_seconds=3)

    with pytest.raises(errors.RateLimited) as caught:
        client.list_workspaces()

    assert pauses == []
    assert len(upstream.requests) == 1
    assert caught.value.retry_after_seconds


@pytest.mark.parametrize("retry_after", ["", "soon", "-5", "1.5", "0", "Thu, 99 Foo 2026", "\t", "1;2"])
def test_an_invalid_retry_after_is_ignored(client_of: ClientOf, pauses: Pauses, retry_after: str) -> None:
    client = client_of(
        saying(failing(503, f"Retry-After: {retry_after}"), answer(LISTING)), deadline_seconds=3
    )

    assert client.list_workspaces().body == LISTING
    (pause,) = pauses
    assert pause <= 0.2


def test_the_response_is_returned_if_there_is_no_time_for_a_retry(client_of: ClientOf) -> None:
    client = client_of(saying(failing(503)), deadline_seconds=0.19)

    with pytest.raises(errors.Unavailable):
        client.list_workspaces()

    assert client.records[0].attempts == 1


def test_the_pauses_increase(client_of: ClientOf, pauses: Pauses) -> None:
    with pytest.raises(errors.Broken):
        client_of(saying(failing(502))).list_workspaces()

    first, second = pauses
    assert 0.1 <= first <= 0.2 <= second <= 0.4


def test_the_pauses_are_random() -> None:
    retry = read_retry().new(history=(RequestHistory("GET", "/", None, 503, None),) * 2)

    pauses = {retry.get_backoff_time() for _ in range(50)}

    assert len(pauses) > 40
    assert 0.2 <= min(pauses) < max(pauses) <= 0.4


def test_a_long_discarded_response_is_not_read_to_its_end(client_of: ClientOf) -> None:
    long = b"HTTP/1.1 503 No\r\nContent-Length: 1000000\r\n\r\n"
    client = client_of(saying(long, answer(LISTING)), deadline_seconds=600, read_timeout_seconds=600)

    assert client.list_workspaces().body == LISTING


def test_a_retry_reuses_the_connection(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(failing(503), answer(LISTING)))

    connect(upstream.url, deadline_seconds=3).list_workspaces()

    assert len(upstream.connections) == 1
