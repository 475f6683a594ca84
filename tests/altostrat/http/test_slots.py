"""Slots for calls: each token has a share of them, and some are reserved for writes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, Overloaded, ShareTaken, nothing_was_sent
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.http.slots import SLOTS_PER_TOKEN, KeyedSlots, Slots
from billing.altostrat.http.transport import Transport
from billing.altostrat.operations.billing_accounts import DELETE_BILLING_ACCOUNT
from billing.services.tokens.kept_copies import can_replace
from tests.altostrat.conftest import CANARY, Caller, Connect, Serve
from tests.altostrat.upstream import Upstream, answer

IDS = {"workspaceId": "ws_1", "billingAccountId": "cus_1"}


class Held:
    """An upstream that responds to `/workspaces` after `release`, and to other requests immediately."""

    def __init__(self, serve: Serve) -> None:
        self.release = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.threads: list[threading.Thread] = []
        self.upstream: Upstream = serve(self._script)

    def _script(self, connection: object, number: int) -> None:
        if self.upstream.requests[number].startswith(b"GET /workspaces "):
            self.arrived.release()
            assert self.release.wait(60)
        connection.sendall(answer(b'{"data": []}'))  # type: ignore[attr-defined]

    def hold(self, client: AltostratClient, calls: int) -> None:
        """Wait until this many reads are in flight."""

        def list_workspaces() -> None:
            try:
                client.list_workspaces()
            except AltostratError:
                return

        for _ in range(calls):
            self.threads.append(threading.Thread(target=list_workspaces))
            self.threads[-1].start()
        for _ in range(calls):
            assert self.arrived.acquire(timeout=60)


@pytest.fixture
def held(serve: Serve) -> Held:
    return Held(serve)


@pytest.fixture
def transport_with(held: Held, connect: Connect) -> Callable[[int], Transport]:
    """Return a function that creates a transport to the upstream with this many slots."""

    def with_slots(number: int) -> Transport:
        slow = {"read_timeout_seconds": 60, "deadline_seconds": 60}
        caller: Caller = connect(held.upstream.url, max_concurrent_calls=number, **slow)
        return caller.transport

    return with_slots


def of(transport: Transport, share: str, *, is_for_write: bool = False) -> AltostratClient:
    return AltostratClient(transport, BearerToken(CANARY), share=share, is_for_write=is_for_write)


def test_one_token_cannot_use_more_than_its_share(
    held: Held, transport_with: Callable[[int], Transport]
) -> None:
    transport = transport_with(64)
    held.hold(of(transport, "hers"), SLOTS_PER_TOKEN)

    with pytest.raises(ShareTaken) as caught:
        of(transport, "hers").list_workspaces()
    other = of(transport, "his").list_billing_accounts("ws_1")
    held.release.set()

    assert other.status == 200
    assert nothing_was_sent(caught.value)
    assert can_replace(caught.value)
    assert "too many calls with this token" in str(caught.value)
    assert len(held.upstream.requests) == SLOTS_PER_TOKEN + 1


def test_a_share_is_free_again_after_its_calls(
    held: Held, transport_with: Callable[[int], Transport]
) -> None:
    transport = transport_with(64)
    held.hold(of(transport, "hers"), SLOTS_PER_TOKEN)
    held.release.set()
    for thread in held.threads:
        thread.join()

    assert of(transport, "hers").list_billing_accounts("ws_1").status == 200


def test_reads_leave_slots_for_writes(held: Held, transport_with: Callable[[int], Transport]) -> None:
    transport = transport_with(8)
    for number in range(7):
        held.hold(of(transport, f"of {number}"), 1)

    with pytest.raises(Overloaded) as caught:
        of(transport, "another").list_workspaces()
    written = of(transport, "of 1").call(DELETE_BILLING_ACCOUNT, **IDS)
    read_before = of(transport, "of 1", is_for_write=True).list_billing_accounts("ws_1")
    held.release.set()

    assert not isinstance(caught.value, ShareTaken)
    assert written.status == read_before.status == 200


@pytest.mark.parametrize(("tokens", "least_free"), [(1, 48), (12, 11), (40, 5)])
def test_slots_stay_free_however_many_tokens_hang(tokens: int, least_free: int) -> None:
    slots = Slots(64)

    def take(share: str) -> bool:
        return not isinstance(slots.acquire(share, is_for_write=False, wait_seconds=0), CallFailure)

    for _ in range(SLOTS_PER_TOKEN):
        for number in range(tokens):
            take(f"of {number}")
    free = sum(take(f"another {number}") for number in range(64))

    assert free == least_free
    assert isinstance(slots.acquire("", is_for_write=False, wait_seconds=0), CallFailure)
    assert not isinstance(slots.acquire("of 0", is_for_write=True, wait_seconds=0), CallFailure)


def test_keyed_slots_become_scarce_for_keys_that_have_many() -> None:
    slots = KeyedSlots(16, total=128)
    taken = [sum(slots.acquire(f"hanging {number}", 0) for _ in range(16)) for number in range(12)]

    assert taken[0] == 16
    assert sum(taken) < 128
    assert all(slots.acquire("another", 0) for _ in range(2))
