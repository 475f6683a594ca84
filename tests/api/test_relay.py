"""The API relays Altostrat's body unchanged, and nothing else in either direction."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller, failing, signed_in
from tests.api.in_process import Program
from tests.api.writes.test_writes import UPDATE
from tests.plugins.processes import Portal, Sandbox

PATHS = (
    "workspaces",
    "workspaces/ws_a1b2c3d4e5f6g7h8",
    "workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts",
    EXAMPLE,
)


@pytest.mark.parametrize("path", PATHS)
def test_the_body_is_relayed_unchanged(
    alice: Caller, direct: Callable[[str], requests.Response], path: str
) -> None:
    answer = alice.get(path)

    assert answer.status_code == 200
    assert answer.content == direct(path).content
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Portal-Origin"] == "altostrat"


@pytest.mark.parametrize("name", ["sparse", "nulls", "future"])
def test_unusual_bodies_are_relayed_unchanged(
    alice: Caller, direct: Callable[[str], requests.Response], name: str
) -> None:
    assert alice.get(failing(name)).content == direct(failing(name)).content


def test_a_response_has_exactly_these_headers(alice: Caller) -> None:
    answer = alice.get(EXAMPLE)

    assert {name.lower() for name in answer.headers} == {
        "server",
        "date",
        "content-type",
        "content-length",
        "etag",
        "content-security-policy",
        "portal-origin",
        "altostrat-request-id",
        "ratelimit",
        "ratelimit-policy",
        "x-request-id",
        "cache-control",
        "x-frame-options",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Altostrat-Request-Id"].startswith("req_")


def test_the_callers_headers_are_not_sent_to_altostrat(alice: Caller, journal: Sandbox) -> None:
    headers = {"X-Forwarded-For": "10.0.0.1", "Cookie": "a=b", "X-Anything": "1", "Accept-Language": "af"}

    answer = alice.get(EXAMPLE, headers={**headers, "X-Request-ID": "erp-0815-4711"})

    sent = dict(journal.requests()[0]["headers"])
    assert set(sent) == {"Host", "Accept", "Accept-Encoding", "User-Agent", "X-Request-ID"}
    # Otherwise, any caller could write into the audit log and into Altostrat's log.
    assert sent["X-Request-ID"] == answer.headers["X-Request-ID"] != "erp-0815-4711"


def test_altostrats_cookies_are_discarded(alice: Caller, journal: Sandbox) -> None:
    assert "Set-Cookie" not in alice.get(failing("cookie")).headers

    alice.get(EXAMPLE)
    assert all("Cookie" not in dict(entry["headers"]) for entry in journal.requests())


def test_head_is_get_without_the_body(alice: Caller) -> None:
    head, get = alice.get(EXAMPLE, method="HEAD"), alice.get(EXAMPLE)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.content))
    assert alice.get(EXAMPLE).status_code == 200  # on the same connection


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png;q=0.1", "nonsense"])
def test_the_accept_header_has_no_effect(alice: Caller, accept: str) -> None:
    assert alice.get(EXAMPLE, headers={"Accept": accept}).headers["Content-Type"] == "application/json"


def test_a_signed_in_browser_can_read(portal: Portal, direct: Callable[[str], requests.Response]) -> None:
    browser = signed_in(portal, "alice")

    answer = browser.get(f"{portal.url}/api/v1/{EXAMPLE}", timeout=10)

    assert answer.content == direct(EXAMPLE).content
    assert "Set-Cookie" not in answer.headers


def test_a_key_cannot_read_accounts_that_its_owner_cannot_access(call: Callable[[str], Caller]) -> None:
    answer = call("carol").get(EXAMPLE)

    assert answer.status_code == 404
    assert answer.headers["Portal-Origin"] == "altostrat"


def test_concurrent_callers_get_only_their_own_data(call: Callable[[str], Caller]) -> None:
    def names(who: str) -> tuple[str, frozenset[str]]:
        rows = call(who).get("workspaces").json()["data"]
        return who, frozenset(row["name"] for row in rows)

    with ThreadPoolExecutor(20) as pool:
        seen = set(pool.map(names, ["alice", "carol"] * 50))

    assert len(seen) == 2
    by_name = dict(seen)
    assert by_name["carol"] == {"Harbour Light Charity", "Prairie Telehealth"}
    assert "ACME Corporation" in by_name["alice"]


@pytest.mark.parametrize("status", [408, 499])
def test_a_gateway_that_gave_up_waiting_has_refused_nothing(
    status: int, program: Program, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault(f"status_after:{status}", method="PATCH")
    write = program.send(EXAMPLE, "PATCH", UPDATE)
    fresh_sandbox.fault(f"status:{status}", method="GET", times=None)
    read = program.send(EXAMPLE)

    assert (write.status_code, write.json()["code"]) == (504, "altostrat_outcome_unknown")
    assert (read.status_code, read.json()["code"]) == (504, "altostrat_timeout")
    assert {write.headers["Portal-Origin"], read.headers["Portal-Origin"]} == {"portal"}
