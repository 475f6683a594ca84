"""The calls of one request share its deadline."""

from __future__ import annotations

import pytest

from billing.altostrat.errors import AltostratError, DeadlinePassed, nothing_was_sent
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http import deadlines
from billing.altostrat.http.deadlines import deadline, outlive_request, request_deadline
from billing.altostrat.operations.operation import Operation
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import answer, saying
from tests.clock import Clock, stopped_clock

LISTING = b'{"data": []}'


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch, deadlines)


def write(client: Caller) -> None:
    client.call(Operation("update", "PATCH", "/x", parse=lambda document: document), None, {"a": 1})


def test_no_call_starts_after_the_deadline(serve: Serve, connect: Connect, clock: Clock) -> None:
    upstream = serve(saying(answer(LISTING)))
    client = connect(upstream.url)
    with request_deadline(5):
        client.list_workspaces()
        clock.now += 5
        with pytest.raises(DeadlinePassed) as caught:
            client.list_workspaces()

    assert caught.value.reason is FailureReason.NO_TIME_LEFT
    assert nothing_was_sent(caught.value)
    assert [record.attempts for record in client.records] == [1, 0]
    assert len(upstream.requests) == 1
    client.list_workspaces()


def test_each_call_has_the_time_that_is_left(clock: Clock) -> None:
    with request_deadline(5):
        with deadline(3) as first:
            assert first.seconds_left() == pytest.approx(3)  # the time of the request begins here
        clock.now += 4
        with deadline(3) as second:
            assert second.seconds_left() == pytest.approx(1)
        with request_deadline(30), deadline(8) as of_a_file:
            assert of_a_file.seconds_left() == pytest.approx(8)
        outlive_request()
        with deadline(3) as of_nobody:
            assert of_nobody.seconds_left() == pytest.approx(3)


@pytest.mark.parametrize(("seconds_left", "is_sent"), [(4, True), (3, False), (0, False), (-1, False)])
def test_a_write_needs_a_third_of_the_deadline(
    serve: Serve, connect: Connect, clock: Clock, seconds_left: float, is_sent: bool
) -> None:
    upstream = serve(saying(answer(LISTING)))
    client = connect(upstream.url, deadline_seconds=9.5)
    with request_deadline(9.5):
        client.list_workspaces()
        clock.now += 9.5 - seconds_left
        if is_sent:
            write(client)
        else:
            with pytest.raises(AltostratError) as caught:
                write(client)
            assert nothing_was_sent(caught.value)

    assert len(upstream.requests) == 1 + is_sent
