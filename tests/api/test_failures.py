"""The API's responses when Altostrat fails, against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from billing.altostrat.http.slots import SLOTS_PER_TOKEN
from tests.api.conftest import EXAMPLE, Caller, failing
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

FIELDS = {"type", "code", "message", "doc_url", "request_id"}

TABLE = [
    ("unauthorized", 424, "altostrat_token_refused"),
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


def assert_portal_error(answer: requests.Response, status: int, code: str) -> None:
    """Assert that the response is an error of the portal, in Altostrat's format and with the common headers."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert set(body) == FIELDS
    assert all(isinstance(value, str) and value for value in body.values())
    assert answer.headers["X-Request-ID"] == body["request_id"]
    assert answer.headers["Portal-Origin"] == "portal"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("name", "status", "code"), TABLE)
def test_the_code_says_how_altostrat_failed(alice: Caller, name: str, status: int, code: str) -> None:
    # Some of these accounts respond only after a minute, and the caller gives up after 20 s.
    assert_portal_error(alice.get(failing(name)), status, code)


@pytest.mark.parametrize(
    ("name", "status"), [("forbidden", 403), ("missing", 404), ("invalid", 422), ("teapot", 418)]
)
def test_other_4xx_responses_are_relayed_unchanged(
    alice: Caller, direct: Callable[[str], requests.Response], name: str, status: int
) -> None:
    answer, original = alice.get(failing(name)), direct(failing(name))

    assert answer.status_code == status
    assert answer.content == original.content
    assert answer.headers["Portal-Origin"] == "altostrat"
    assert answer.headers["Content-Type"] == "application/json"


def test_retry_after_is_relayed(alice: Caller) -> None:
    assert alice.get(failing("unavailable")).headers["Retry-After"] == "20"


def test_retry_after_is_absent_if_altostrat_sent_none(alice: Caller) -> None:
    assert "Retry-After" not in alice.get(failing("unavailable_nohint")).headers


def test_an_error_has_altostrats_request_id(alice: Caller) -> None:
    assert alice.get(failing("error500")).headers["Altostrat-Request-Id"].startswith("req_")


def test_a_read_is_retried_after_a_temporary_503(alice: Caller) -> None:
    assert [alice.get(failing("flaky")).status_code for _ in range(3)] == [200, 200, 200]


def test_an_owner_without_a_token(call: Callable[[str], Caller]) -> None:
    assert_portal_error(call("bob").get(EXAMPLE), 424, "altostrat_token_missing")


def test_altostrat_is_unreachable(tmp_path_factory: pytest.TempPathFactory, static_files: None) -> None:
    with running_portal(tmp_path_factory.mktemp("unreachable"), "http://127.0.0.1:1") as portal:
        portal.staff("alice", "editor", FINANCE)
        caller = Caller(portal.url, portal.key("alice", "billing:read"))

        assert_portal_error(caller.get(EXAMPLE), 502, "altostrat_unreachable")
        assert requests.get(f"{portal.url}/readyz", timeout=5).status_code == 200


def test_a_token_that_cannot_be_decrypted(portal: Portal, call: Callable[[str], Caller]) -> None:
    portal.staff("victor", "viewer", FINANCE)
    portal.staff("wendy", "viewer")
    victors = "AltostratToken.objects.filter(owner__username='victor')"
    change = f"{victors}.update(owner=User.objects.get(username='wendy'))"
    portal.manage("shell", "-c", f"from billing.models import *; {change}")

    assert_portal_error(call(portal.key("wendy", "billing:read")).get(EXAMPLE), 500, "vault_sealed")


def test_a_slow_altostrat_does_not_block_the_portal(
    portal: Portal, alice: Caller, call: Callable[[str], Caller], journal: Sandbox
) -> None:
    callers = [alice.key, *(_key_of(portal, name) for name in ("nina", "owen", "paul"))]
    with ThreadPoolExecutor(80) as pool:
        slow = [pool.submit(call(str(key)).get, _slow(number)) for number, key in enumerate(callers * 15)]
        _wait_for_calls(journal, 4 * SLOTS_PER_TOKEN)
        # The portal responds and has a free database connection while each of them has all its slots.
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


def test_slow_calls_of_one_person_do_not_delay_another(
    portal: Portal, alice: Caller, call: Callable[[str], Caller], journal: Sandbox
) -> None:
    key = _key_of(portal, "quinn")
    with ThreadPoolExecutor(40) as pool:
        slow = [pool.submit(call(key).get, _slow(number)) for number in range(40)]
        _wait_for_calls(journal, SLOTS_PER_TOKEN)
        answer = alice.get(EXAMPLE)
        assert not all(future.done() for future in slow)
        answers = [future.result() for future in slow]

    assert answer.status_code == 200
    assert {one.headers["Retry-After"] for one in answers if one.status_code == 503} == {"5"}


def _slow(number: int) -> str:
    """Return one of many slow reads, since equal ones share a call."""
    return f"{failing('slow')}/invoices?limit={number + 1}"


def _wait_for_calls(sandbox: Sandbox, count: int) -> None:
    """Wait until this many calls have reached Altostrat."""
    for _ in range(200):
        if len(sandbox.requests()) >= count:
            return
        time.sleep(0.05)
    pytest.fail(f"Fewer than {count} calls reached Altostrat.")


def _key_of(portal: Portal, name: str) -> str:
    """Return a key of another person, who has their own token."""
    portal.staff(name, "viewer", FINANCE)
    return portal.key(name, "billing:read")
