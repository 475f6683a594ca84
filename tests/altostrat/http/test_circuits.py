"""Circuit breakers: what opens them, for whom, and what closes them again. Time is a fake clock."""

from __future__ import annotations

import socket
import time
from contextlib import closing

import pytest

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import (
    AltostratError,
    CircuitOpen,
    DeadlinePassed,
    UnexpectedAnswer,
    Unreachable,
    nothing_was_sent,
)
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.bodies import Reply
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.http.circuits import FAILURES, HANGING_AFTER_SECONDS, OPEN_SECONDS, Call, Circuits
from billing.altostrat.http.deadlines import RunningCall
from billing.altostrat.operations.billing_accounts import DELETE_BILLING_ACCOUNT, LIST_BILLING_ACCOUNTS
from billing.altostrat.operations.organizations import EXPORT_ORGANIZATION_USAGE_PDF
from tests.altostrat.conftest import Connect, Serve
from tests.altostrat.http.test_slots import Held, of
from tests.altostrat.upstream import Script, answer, saying, silent

TIMEOUT = CallFailure(DeadlinePassed, FailureReason.READ_TIMEOUT)
OK = Reply(200, {}, b"{}")
LONG = HANGING_AFTER_SECONDS + 0.1
WORKSPACE = {"workspaceId": "ws_1"}
PDF = answer(b"%PDF", content_type="application/pdf")
IDS = {"workspaceId": "ws_1", "billingAccountId": "cus_1"}


class Clock:
    """Circuits and their time."""

    def __init__(self) -> None:
        self.now = time.monotonic()  # like the calls themselves
        self.circuits = Circuits(lambda: self.now)

    def begin(self, share: str = "hers", target: str = "a", *, is_read: bool = True) -> Call:
        """Begin a call that may be sent."""
        call = self.circuits.begin(share, target, RunningCall(9e9, may_retry=is_read))
        assert isinstance(call, Call)
        return call

    def refuses(self, share: str = "hers", target: str = "a", *, is_read: bool = True) -> bool:
        call = self.circuits.begin(share, target, RunningCall(9e9, may_retry=is_read))
        if isinstance(call, Call):
            self.circuits.end(call, None)
            return False
        assert (call.kind, call.reason) == (CircuitOpen, FailureReason.CIRCUIT_OPEN)
        return True

    def fail(self, result: CallFailure | Reply = TIMEOUT, target: str = "a", times: int = FAILURES) -> None:
        """Make calls at the same time, with this result."""
        for call in [self.begin(target=target) for _ in range(times)]:
            self.circuits.end(call, result)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_calls_without_an_answer_open_the_circuit_of_their_target_only(clock: Clock) -> None:
    clock.fail(times=FAILURES - 1)
    assert not clock.refuses()

    clock.fail(times=1)

    assert clock.refuses()
    assert clock.refuses(is_read=False)
    assert not clock.refuses(target="b")
    assert not clock.refuses(share="his")


@pytest.mark.parametrize(
    "result",
    [
        CallFailure(Unreachable, FailureReason.CONNECTION_FAILED),
        CallFailure(Unreachable, FailureReason.CONNECTION_LOST),
        CallFailure(DeadlinePassed, FailureReason.READ_TIMEOUT, 200),
    ],
)
def test_missing_connections_and_timeouts_are_no_answers(clock: Clock, result: CallFailure) -> None:
    clock.fail(result)

    assert clock.refuses()


@pytest.mark.parametrize(
    "result",
    [
        *(Reply(status, {}, b"") for status in (401, 403, 404, 408, 422, 429, 499, 500, 502, 503, 504)),
        CallFailure(UnexpectedAnswer, FailureReason.JSON_MALFORMED, 200),
        CallFailure(DeadlinePassed, FailureReason.DEADLINE),  # within a second: the request had no time left
    ],
)
def test_answers_do_not_open_a_circuit(clock: Clock, result: Reply | CallFailure) -> None:
    clock.fail(result, times=10)

    assert not clock.refuses()


@pytest.mark.parametrize("status", [408, 499, 504])
def test_a_gateway_that_gave_up_waiting_is_no_answer(clock: Clock, status: int) -> None:
    writes = [clock.begin(is_read=False) for _ in range(FAILURES)]
    clock.now += LONG
    for call in writes:
        clock.circuits.end(call, Reply(status, {}, b""))

    assert clock.refuses()


def test_reads_that_hang_open_the_circuit_while_they_are_in_flight(clock: Clock) -> None:
    calls = [clock.begin() for _ in range(FAILURES)]
    clock.now += HANGING_AFTER_SECONDS - 0.1
    assert not clock.refuses()
    clock.now += 0.2
    assert clock.refuses()

    for call in calls[1:]:
        clock.circuits.end(call, TIMEOUT)
    assert clock.refuses()
    clock.circuits.end(calls[0], OK)

    assert not clock.refuses()


def test_callers_that_wait_for_a_read_that_hangs_count_as_calls(clock: Clock) -> None:
    call, since = clock.begin(), clock.now
    waiting = [clock.circuits.waiting("hers", "a", since) for _ in range(FAILURES - 1)]
    with waiting[0], waiting[1]:
        clock.now += LONG
        assert clock.refuses()
        assert not clock.refuses(target="b")
    clock.circuits.end(call, OK)

    assert not clock.refuses()
    assert not clock.circuits._tokens


def test_writes_and_pauses_between_attempts_do_not_hang(clock: Clock) -> None:
    for _ in range(FAILURES):
        clock.begin(is_read=False)
        clock.begin(target="b").running.resumed_at = clock.now + 60
    clock.now += LONG

    assert not clock.refuses()
    assert not clock.refuses(target="b")


def test_an_answer_in_between_starts_the_count_again(clock: Clock) -> None:
    clock.fail(times=FAILURES - 1)
    clock.fail(Reply(404, {}, b""), times=1)
    clock.fail(times=FAILURES - 1)

    assert not clock.refuses()


def hang(clock: Clock, *targets: str) -> list[Call]:
    """Begin reads of these targets that hang."""
    calls = [clock.begin(target=target) for target in targets]
    clock.now += LONG
    clock.refuses(target="another")
    return calls


def test_reads_of_several_workspaces_that_hang_open_the_circuit_of_the_token(clock: Clock) -> None:
    hang(clock, "a", "b", "b")

    assert clock.refuses(target="c")
    assert not clock.refuses(share="his", target="c")


@pytest.mark.parametrize("targets", [["a", "b"], ["a", "a", "a"], ["a/1", "a/2", "a/3", "a/"]])
def test_reads_of_one_workspace_leave_the_token_usable(clock: Clock, targets: list[str]) -> None:
    hang(clock, *targets)

    assert not clock.refuses(target="c")


def test_failures_one_after_another_leave_the_token_usable(clock: Clock) -> None:
    for target in "abc":
        clock.fail(target=target)

    assert not clock.refuses(target="d")
    assert [clock.refuses(target=target) for target in "abc"] == [True] * 3


def test_an_answer_of_one_target_leaves_the_token_usable(clock: Clock) -> None:
    calls = [clock.begin(target=target) for target in "abc"]
    clock.now += 1
    clock.fail(OK, target="well", times=1)
    clock.now += LONG

    assert not clock.refuses(target="d")
    assert all(call.is_hanging for call in calls)


@pytest.mark.parametrize("targets", ["aaa", "abc"])
def test_one_call_finds_out_whether_altostrat_answers_again(clock: Clock, targets: str) -> None:
    hang(clock, *targets)
    clock.now += OPEN_SECONDS

    probe = clock.begin()
    assert clock.refuses()
    clock.circuits.end(probe, OK)

    assert not clock.refuses()
    assert not clock.refuses(target="d")


@pytest.mark.parametrize("targets", ["aaa", "abc"])
def test_a_probe_without_an_answer_opens_the_circuit_again(clock: Clock, targets: str) -> None:
    hang(clock, *targets)
    clock.now += OPEN_SECONDS

    probe = clock.begin()
    clock.now += HANGING_AFTER_SECONDS
    assert clock.refuses()
    clock.now += OPEN_SECONDS
    another = clock.begin()
    clock.circuits.end(probe, TIMEOUT)  # it counted already
    clock.circuits.end(another, OK)

    assert not clock.refuses()


@pytest.mark.parametrize("targets", ["aaa", "abc"])
def test_a_probe_that_is_not_sent_leaves_the_next_one_to_another_call(clock: Clock, targets: str) -> None:
    hang(clock, *targets)
    clock.now += OPEN_SECONDS

    clock.circuits.end(clock.begin(), None)

    assert not clock.refuses()


def test_circuits_that_nobody_needs_are_forgotten(clock: Clock) -> None:
    clock.fail()
    clock.now += 3600
    clock.fail(OK, target="b", times=1)
    clock.fail(OK, times=1)

    assert not clock.circuits._tokens


def test_an_open_circuit_sends_neither_reads_nor_writes(serve: Serve, connect: Connect) -> None:
    upstream = serve(silent)
    transport = connect(upstream.url, read_timeout_seconds=0.05).transport
    for _ in range(FAILURES):
        with pytest.raises(DeadlinePassed):
            of(transport, "hers").list_billing_accounts("ws_1")
        with pytest.raises(DeadlinePassed):
            of(transport, "hers").retrieve_billing_account("ws_1", "cus_1")

    errors: list[AltostratError] = []
    for call in (
        lambda: of(transport, "hers").list_billing_accounts("ws_1"),
        lambda: of(transport, "hers").call(DELETE_BILLING_ACCOUNT, **IDS),
        lambda: of(transport, "hers").open(EXPORT_ORGANIZATION_USAGE_PDF, workspaceId="ws_1"),
    ):
        with pytest.raises(CircuitOpen) as caught:
            call()
        errors.append(caught.value)

    assert len(upstream.requests) == 2 * FAILURES
    assert all(nothing_was_sent(error) for error in errors)
    with pytest.raises(DeadlinePassed):
        of(transport, "his").list_billing_accounts("ws_1")


def test_a_dozen_hanging_tokens_are_refused_without_a_wait_and_nobody_else_is(
    serve: Serve, connect: Connect, clock: Clock
) -> None:
    held, tokens = Held(serve), [f"hangs {number}" for number in range(12)]
    slow = {"read_timeout_seconds": 60, "deadline_seconds": 60}
    transport = connect(held.upstream.url, **slow).transport
    transport.circuits = clock.circuits
    for name in tokens:
        held.hold(of(transport, name), FAILURES)
    clock.now = time.monotonic() + LONG
    sent = len(held.upstream.requests)

    for name in tokens:
        with pytest.raises(CircuitOpen):
            of(transport, name).list_workspaces()
    assert len(held.upstream.requests) == sent
    for name in ("hers", "his"):
        assert of(transport, name).list_billing_accounts("ws_1").status == 200

    held.release.set()
    for thread in held.threads:
        thread.join(20)
    assert not clock.circuits._tokens
    assert {of(transport, name).list_workspaces().status for name in tokens} == {200}


def download(client: AltostratClient, path: dict[str, str]) -> bytes:
    with closing(client.open(EXPORT_ORGANIZATION_USAGE_PDF, **path)) as file:
        return b"".join(file)


def head_only(connection: socket.socket, number: int) -> None:
    connection.sendall(PDF.replace(b"Length: 4", b"Length: 5"))
    connection.recv(1)


@pytest.mark.parametrize("script", [silent, head_only], ids=["no answer", "breaks off"])
def test_files_without_an_answer_open_the_circuit_of_their_workspace(
    serve: Serve, connect: Connect, script: Script
) -> None:
    upstream = serve(script)
    transport = connect(upstream.url, read_timeout_seconds=0.05).transport
    for _ in range(FAILURES):
        with pytest.raises(DeadlinePassed):
            download(of(transport, "hers"), WORKSPACE)
    sent = len(upstream.requests)

    for call in (download, lambda client, path: client.call(LIST_BILLING_ACCOUNTS, **path)):
        with pytest.raises(CircuitOpen):
            call(of(transport, "hers"), WORKSPACE)

    assert len(upstream.requests) == sent
    with pytest.raises(DeadlinePassed):
        download(of(transport, "hers"), {"workspaceId": "ws_2"})


@pytest.mark.parametrize("ends", ["complete", "closed", "forgotten"])
def test_file_that_arrives_closes_the_circuit(serve: Serve, connect: Connect, ends: str) -> None:
    transport = connect(serve(saying(PDF)).url).transport
    clock = Clock()
    clock.fail(target="ws_1/", times=FAILURES)
    clock.now += OPEN_SECONDS
    transport.circuits = clock.circuits
    file = of(transport, "hers").open(EXPORT_ORGANIZATION_USAGE_PDF, **WORKSPACE)
    assert (
        clock.refuses(target="ws_1/") is False
    )  # a file is no probe, so another call may find out meanwhile

    if ends == "complete":
        assert b"".join(file) == b"%PDF"
    elif ends == "closed":
        file.close()
    del file

    assert not clock.circuits._tokens


def test_file_may_take_long_to_arrive(clock: Clock) -> None:
    calls = [clock.circuits.begin("hers", "a", RunningCall(9e9, is_file=True)) for _ in range(FAILURES)]
    clock.now += LONG

    assert all(isinstance(call, Call) for call in calls)
    assert not clock.refuses()


def test_retries_of_an_answered_read_do_not_open_a_circuit(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(*[answer(b"{}", status="503 Later")] * 9, answer(b'{"data": []}')))
    transport = connect(upstream.url).transport
    for _ in range(FAILURES):
        with pytest.raises(AltostratError):
            of(transport, "hers").list_workspaces()

    assert of(transport, "hers").list_workspaces().status == 200
