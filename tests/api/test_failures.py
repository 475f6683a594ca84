"""Each row of the failure table, through the API, against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller, failing
from tests.plugins.processes import Portal, running_portal
from tests.tokens import FINANCE

pytestmark = pytest.mark.slow

FORM = {"type", "code", "message", "doc_url", "request_id"}

TABLE = [
    ("unauthorized", 424, "altostrat_token_refused"),
    ("ratelimited", 429, "altostrat_rate_limited"),
    ("unavailable", 503, "altostrat_unavailable"),
    *((f"error{status}", 502, "altostrat_bad_answer") for status in (500, 502, 504)),
    *(
        (name, 502, "altostrat_bad_answer")
        for name in (
            *(
                "redirect",
                "notjson",
                "badjson",
                "nan",
                "deep",
                "duplicate",
                "huge",
                "bomb",
                "cutoff",
                "cuthead",
            ),
            *("otheraccount", "otherworkspace", "badlength", "bothframings", "status999", "status103"),
        )
    ),
    ("noanswer", 502, "altostrat_unreachable"),
    *((name, 504, "altostrat_timeout") for name in ("slow", "dripping", "drippinghead", "endless100")),
]


def assert_ours(answer: requests.Response, status: int, code: str) -> None:
    """The answer is a refusal of ours, in Altostrat's form, with all that every answer carries."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert set(body) == FORM
    assert all(isinstance(value, str) and value for value in body.values())
    assert answer.headers["X-Request-ID"] == body["request_id"]
    assert answer.headers["Portal-Origin"] == "portal"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("name", "status", "code"), TABLE)
def test_it_tells_what_altostrat_did(alice: Caller, name: str, status: int, code: str) -> None:
    started = time.monotonic()

    answer = alice.get(failing(name))

    assert_ours(answer, status, code)
    assert (
        time.monotonic() - started < 20
    )  # the deadline of this portal is 3 s, some accounts would take a minute


@pytest.mark.parametrize(
    ("name", "status"), [("forbidden", 403), ("missing", 404), ("invalid", 422), ("teapot", 418)]
)
def test_it_passes_on_another_4xx_unchanged(
    alice: Caller, direct: Callable[[str], requests.Response], name: str, status: int
) -> None:
    answer, original = alice.get(failing(name)), direct(failing(name))

    assert answer.status_code == status
    assert answer.content == original.content
    assert answer.headers["Portal-Origin"] == "altostrat"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("name", "pause"), [("ratelimited", "30"), ("unavailable", "20")])
def test_it_keeps_retry_after(alice: Caller, name: str, pause: str) -> None:
    assert alice.get(failing(name)).headers["Retry-After"] == pause


@pytest.mark.parametrize("name", ["ratelimited_nohint", "unavailable_nohint"])
def test_it_invents_no_retry_after(alice: Caller, name: str) -> None:
    assert "Retry-After" not in alice.get(failing(name)).headers


def test_it_carries_altostrats_request_id_when_there_is_one(alice: Caller) -> None:
    assert alice.get(failing("error500")).headers["Altostrat-Request-Id"].startswith("req_")


def test_a_read_survives_a_passing_503(alice: Caller) -> None:
    assert [alice.get(failing("flaky")).status_code for _ in range(3)] == [200, 200, 200]


def test_no_token_stored(call: Callable[[str], Caller]) -> None:
    assert_ours(call("bob").get(EXAMPLE), 424, "altostrat_token_missing")


def test_altostrat_cannot_be_reached(tmp_path_factory: pytest.TempPathFactory, static_files: None) -> None:
    with running_portal(tmp_path_factory.mktemp("unreachable"), "http://127.0.0.1:1") as portal:
        portal.staff("alice", "editor", FINANCE)
        caller = Caller(portal.url, portal.key("alice", "billing:read"))

        assert_ours(caller.get(EXAMPLE), 502, "altostrat_unreachable")
        assert requests.get(f"{portal.url}/readyz", timeout=5).status_code == 200


def test_a_row_that_does_not_open_is_a_sealed_vault(portal: Portal, call: Callable[[str], Caller]) -> None:
    portal.staff("victor", "viewer", FINANCE)
    portal.staff("wendy", "viewer")
    victors = "AltostratToken.objects.filter(owner__username='victor')"
    change = f"{victors}.update(owner=User.objects.get(username='wendy'))"
    portal.manage("shell", "-c", f"from billing.models import *; {change}")

    assert_ours(call(portal.key("wendy", "billing:read")).get(EXAMPLE), 500, "vault_sealed")


def test_a_slow_altostrat_stops_nobody_else(
    portal: Portal, alice: Caller, call: Callable[[str], Caller]
) -> None:
    callers = [alice.key, *(_key_of(portal, name) for name in ("nina", "owen", "paul"))]
    with ThreadPoolExecutor(80) as pool:
        slow = [pool.submit(call(str(key)).get, failing("slow")) for key in callers * 15]
        time.sleep(1)
        # Alive, and with a connection to the database to spare, while every place for a call to Altostrat is taken.
        probes = [requests.get(f"{portal.url}{probe}", timeout=10) for probe in ("/healthz", "/readyz")]
        still_waiting = sum(not future.done() for future in slow)
        answers = [future.result() for future in slow]

    assert [probe.status_code for probe in probes] == [200, 200]
    assert still_waiting > 0
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} <= {
        (504, "altostrat_timeout"),
        (503, "altostrat_unavailable"),
    }
    assert alice.get(EXAMPLE).status_code == 200


def test_beside_slow_calls_of_others_an_account_opens_at_once(
    portal: Portal, alice: Caller, call: Callable[[str], Caller]
) -> None:
    key = _key_of(portal, "quinn")
    with ThreadPoolExecutor(40) as pool:
        slow = [pool.submit(call(key).get, failing("slow")) for _ in range(40)]
        time.sleep(0.5)
        started = time.monotonic()
        answer = alice.get(EXAMPLE)
        waited = time.monotonic() - started
        assert not all(future.done() for future in slow)
        answers = [future.result() for future in slow]

    assert answer.status_code == 200
    assert waited < 1.5
    assert {one.headers["Retry-After"] for one in answers if one.status_code == 503} == {"5"}


def _key_of(portal: Portal, name: str) -> str:
    """The key of somebody else, with a token of their own."""
    portal.staff(name, "viewer", FINANCE)
    return portal.key(name, "billing:read")
