"""Threads share a transport, which limits the number of concurrent calls."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from billing.altostrat.errors import DeadlinePassed, Overloaded
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import Upstream, answer, saying, silent

LISTING = answer(b'{"data": []}')


def test_threads_share_connections(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(LISTING))
    client = connect(upstream.url, max_concurrent_calls=4, deadline_seconds=5)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.list_workspaces(), range(60)))

    assert len(answers) == len(upstream.requests) == 60
    assert len(upstream.connections) <= 4


def test_each_thread_gets_its_own_response(serve: Serve, connect: Connect) -> None:
    def echo(connection: socket.socket, number: int) -> None:
        workspace = upstream.requests[number].split(b" ")[1].rpartition(b"/")[2]
        connection.sendall(answer(b'{"id": "%b"}' % workspace))

    upstream = serve(echo)
    client = connect(upstream.url, max_concurrent_calls=8, deadline_seconds=5)

    def ask(number: int) -> bool:
        return client.retrieve_workspace(f"ws_{number}").value.id == f"ws_{number}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(100)))


def saturate(client: Caller, upstream: Upstream, calls: int) -> list[threading.Thread]:
    """Start calls that will time out, and return when the upstream has received them."""

    def time_out() -> None:
        with pytest.raises(DeadlinePassed):
            client.list_workspaces()

    threads = [threading.Thread(target=time_out) for _ in range(calls)]
    for thread in threads:
        thread.start()
    while len(upstream.requests) < calls and any(thread.is_alive() for thread in threads):
        time.sleep(0.01)
    return threads


def test_a_call_above_the_limit_fails_without_sending_anything(serve: Serve, connect: Connect) -> None:
    upstream = serve(silent)
    client = connect(upstream.url, max_concurrent_calls=2, deadline_seconds=3)
    threads = saturate(client, upstream, 2)

    with pytest.raises(Overloaded) as caught:
        client.list_workspaces()

    for thread in threads:
        thread.join()
    assert caught.value.retry_after_seconds > 0
    assert len(upstream.requests) == 2
    assert (client.records[0].outcome, client.records[0].attempts) == ("Overloaded", 0)


def test_a_call_above_the_limit_waits_for_a_free_slot(serve: Serve, connect: Connect) -> None:
    upstream = serve(
        lambda connection, number: silent(connection, number) if number == 0 else connection.sendall(LISTING)
    )
    client = connect(upstream.url, max_concurrent_calls=1, read_timeout_seconds=0.3)
    (thread,) = saturate(client, upstream, 1)

    client.list_workspaces()

    thread.join()
    assert len(upstream.requests) == 2


def test_failed_calls_release_their_slot(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(b"{", status="404 Not Found"), b"nonsense\r\n\r\n", LISTING))
    client = connect(upstream.url, max_concurrent_calls=1)
    for _ in range(2):
        with pytest.raises(Exception, match="GET /workspaces"):
            client.list_workspaces()

    assert client.list_workspaces().status == 200
