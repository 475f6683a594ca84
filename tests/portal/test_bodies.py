"""Which request bodies are refused, and with which response."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from billing.api.codes import CODES
from portal.caller_slots import CallerSlots, caller_slots

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

SIGN_IN = "/accounts/sign-in/"
CALLER = "192.0.2.7"


@pytest.fixture
def no_free_slot() -> Iterator[None]:
    """Let other requests of the caller hold all slots of its address."""
    taken = 0
    while caller_slots().acquire(CALLER):
        taken += 1
    yield
    for _ in range(taken):
        caller_slots().release(CALLER)


@pytest.mark.usefixtures("no_free_slot", "static_files")
def test_body_without_a_free_slot_is_refused(client: Client) -> None:
    refusal = client.post(SIGN_IN, {"username": "a"}, REMOTE_ADDR=CALLER)

    assert (refusal.status_code, refusal["Retry-After"]) == (503, "5")
    assert refusal["X-Request-ID"] in refusal.content.decode()
    assert client.get(SIGN_IN, REMOTE_ADDR=CALLER).status_code == 200
    assert client.post(SIGN_IN, {"username": "a"}, REMOTE_ADDR="192.0.2.8").status_code != 503


@pytest.mark.usefixtures("no_free_slot")
def test_program_gets_the_refusal_as_json(client: Client) -> None:
    refusal = client.post(
        "/api/v1/workspaces",
        {},
        "application/json",
        REMOTE_ADDR=CALLER,
        headers={"Authorization": "Bearer x"},
    )

    assert (refusal.status_code, refusal.json()["code"]) == (CODES["portal_busy"].status, "portal_busy")


def test_slots_are_released(client: Client) -> None:
    for _ in range(100):
        assert client.post("/healthz", {"a": "b"}, REMOTE_ADDR=CALLER).status_code != 503


def test_chunked_body_is_refused(client: Client) -> None:
    refusal = client.post(SIGN_IN, {"username": "a"}, headers={"Transfer-Encoding": "chunked"})

    assert (refusal.status_code, refusal["Cache-Control"]) == (411, "no-store")


def test_half_of_the_threads_never_wait_for_callers() -> None:
    slots = CallerSlots(threads=16)

    assert [slots.acquire(f"192.0.2.{number}") for number in range(9)] == [True] * 8 + [False]


def test_address_has_an_eighth_of_the_threads() -> None:
    slots = CallerSlots(threads=16)

    assert [slots.acquire(CALLER) for _ in range(3)] == [True, True, False]
    assert slots.acquire("192.0.2.8")
