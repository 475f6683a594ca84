"""Tokens, the journal, and the documented failures."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import pytest
import requests

from billing.sandbox import faults
from billing.sandbox.server import SandboxServer
from tests.plugins.processes import ROOT
from tests.sandbox.test_contract import SEED
from tests.tokens import FINANCE, SUPPORT

Get = Callable[..., requests.Response]


def gallery(name: str) -> str:
    return f"/workspaces/ws_failures/billing-accounts/cus_{name}"


@pytest.mark.parametrize("token", [None, "", "alto_sk_unknown", FINANCE + "x"])
def test_unknown_tokens_are_refused(get: Get, token: str | None) -> None:
    answer = get("/workspaces", token)

    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthorized or invalid token provided."}


@pytest.mark.parametrize("row", SEED["tokens"], ids=lambda row: row["about"])
def test_every_token_works_as_described(get: Get, row: dict[str, str]) -> None:
    assert get("/workspaces", row["token"]).status_code == (401 if "refused" in row else 200)


def test_a_token_sees_only_its_workspaces(get: Get) -> None:
    seen = [row["id"] for row in get("/workspaces", SUPPORT).json()["data"]]

    assert seen == ["ws_supportdesk0001", "ws_supportdesk0002"]
    for path in ("", "/billing-accounts", "/billing-accounts/cus_a1b2c3d4e5f6g7h8"):
        assert get(f"/workspaces/ws_a1b2c3d4e5f6g7h8{path}", SUPPORT).status_code == 404


def test_a_token_may_see_everything_except_the_failure_gallery(get: Get) -> None:
    company = next(row["token"] for row in SEED["tokens"] if "hidden" in row)
    everything, seen = (get("/workspaces", token).json()["data"] for token in (FINANCE, company))

    assert [row["id"] for row in everything if row not in seen] == ["ws_failures"]
    assert get("/workspaces/ws_failures/billing-accounts", company).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/workspace", "/workspaces/", "/workspaces?limit=1", "/workspaces/ws_nowhere"]
)
def test_unknown_paths_and_queries_are_not_found(get: Get, path: str) -> None:
    assert get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/workspaces", "PUT", "GET, POST"),
        ("/workspaces/ws_a1b2c3d4e5f6g7h8", "POST", "GET, PATCH, DELETE"),
        ("/workspaces/ws_a1b2c3d4e5f6g7h8/organizations/usage.csv", "DELETE", "GET"),
        ("/api/keys", "PATCH", "GET, POST"),
    ],
)
def test_methods_outside_the_contract_are_not_allowed(get: Get, path: str, method: str, allowed: str) -> None:
    answer = get(path, method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


def test_equal_requests_get_identical_bytes(get: Get) -> None:
    assert get("/workspaces").content == get("/workspaces").content


def test_every_response_has_a_unique_request_id(get: Get) -> None:
    ids = [get("/workspaces").headers["X-Request-Id"] for _ in range(3)]

    assert len(set(ids)) == 3


def test_the_journal_records_requests_without_the_token(get: Get, server: SandboxServer) -> None:
    get("/_sandbox/requests", None, "DELETE")
    get("/workspaces")

    journal = get("/_sandbox/requests", None)
    assert [(entry["method"], entry["path"]) for entry in journal.json()] == [("GET", "/workspaces")]
    assert FINANCE not in journal.text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *(("unauthorized", 401), ("forbidden", 403), ("missing", 404), ("teapot", 418), ("invalid", 422)),
        *(
            ("ratelimited", 429),
            ("error500", 500),
            ("error502", 502),
            ("unavailable", 503),
            ("error504", 504),
        ),
        *(("redirect", 302), ("otheraccount", 200), ("sparse", 200), ("nulls", 200), ("future", 200)),
    ],
)
def test_an_account_in_the_gallery_responds_with_its_status(get: Get, name: str, status: int) -> None:
    assert get(gallery(name)).status_code == status


def test_the_flaky_account_fails_every_other_time(get: Get) -> None:
    first, second = get(gallery("flaky")).status_code, get(gallery("flaky")).status_code

    assert {first, second} == {503, 200}


@pytest.mark.parametrize("name", ["cutoff", "noanswer", "status999", "cuthead"])
def test_the_response_is_malformed_or_cut_off(server: SandboxServer, name: str) -> None:
    host, port = server.server_address[:2]
    connection = http.client.HTTPConnection(str(host), port, timeout=5)
    connection.request("GET", gallery(name), headers={"Authorization": f"Bearer {FINANCE}"})

    try:
        answer = connection.getresponse()
        is_broken = answer.status == 999 or "Content-Length" not in answer.headers
        answer.read()
    except http.client.HTTPException:
        is_broken = True
    connection.close()
    assert is_broken


@pytest.mark.parametrize("name", ["slow", "drippinghead", "endless100"])
def test_the_caller_has_to_wait(server: SandboxServer, name: str) -> None:
    host, port = server.server_address[:2]
    connection = http.client.HTTPConnection(str(host), port, timeout=0.4)
    connection.request("GET", gallery(name), headers={"Authorization": f"Bearer {FINANCE}"})

    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


def test_the_gallery_lists_every_failure(get: Get) -> None:
    rows = get("/workspaces/ws_failures/billing-accounts").json()["data"]

    assert [row["id"] for row in rows] == [f"cus_{name}" for name in faults.FAULTS]


def test_the_documentation_lists_every_failure_and_token() -> None:
    text = (ROOT / "docs" / "sandbox.md").read_text()

    rows = [f"| `cus_{name}` | {about} |" for name, (about, _) in faults.FAULTS.items()]
    assert "\n".join(rows) in text, "Update the table of failures in docs/sandbox.md."
    assert all(row["token"] in text for row in SEED["tokens"])
