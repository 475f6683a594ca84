"""Faults on demand: which requests fail, how often, and whether they were carried out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from billing.sandbox.server import SandboxServer, _Handler
from tests.tokens import FINANCE

ACCOUNT = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
HEADERS = {"Authorization": f"Bearer {FINANCE}"}


def rule(server: SandboxServer, *rules: Any) -> requests.Response:
    return requests.put(f"{server.url}/_sandbox/faults", json=list(rules), timeout=5)


def rename(server: SandboxServer) -> requests.Response:
    return requests.patch(server.url + ACCOUNT, json={"name": "Renamed"}, headers=HEADERS, timeout=0.5)


def name(server: SandboxServer) -> str:
    return str(requests.get(server.url + ACCOUNT, headers=HEADERS, timeout=5).json()["name"])


@pytest.mark.parametrize("action", ["hang", "close"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_response_is_lost_before_or_after_the_change(fresh: SandboxServer, action: str, when: str) -> None:
    rule(fresh, {"method": "PATCH", "path": "cus_a1b2c3d4e5f6g7h8$", "does": f"{action}_{when}"})

    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        rename(fresh)

    assert name(fresh) == ("Renamed" if when == "after" else "ACME Corp Billing")
    assert fresh.journal[0]["status"] == (200 if when == "after" else None)
    assert rename(fresh).status_code == 200, "The rule applies to one request only."


@pytest.mark.parametrize(
    ("does", "status", "done"),
    [("status:503", 503, False), ("status_after:502", 502, True), ("garbage_after", 200, True)],
)
def test_a_response_is_replaced(fresh: SandboxServer, does: str, status: int, done: bool) -> None:
    rule(fresh, {"method": "PATCH", "path": "", "does": does})

    answer = rename(fresh)

    assert answer.status_code == status
    assert (name(fresh) == "Renamed") is done
    if does == "garbage_after":
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


@pytest.mark.parametrize(("does", "done"), [("status:202", False), ("status_after:202", True)])
def test_a_rule_can_send_a_body_of_its_own(fresh: SandboxServer, does: str, done: bool) -> None:
    rule(fresh, {"method": "PATCH", "path": "", "does": does, "document": {"data": [1]}})

    answer = rename(fresh)

    assert (answer.status_code, answer.json()) == (202, {"data": [1]})
    assert (name(fresh) == "Renamed") is done


@pytest.mark.parametrize(("version", "raw"), [("1.0", 10), ("1.1", 11)])
def test_a_response_ends_with_the_connection(fresh: SandboxServer, version: str, raw: int) -> None:
    rule(fresh, {"method": "PATCH", "path": "", "does": f"until_close:{version}"})

    answer = rename(fresh)

    assert answer.json()["name"] == name(fresh) == "Renamed"
    assert answer.raw.version == raw
    assert answer.headers["Connection"] == "close"
    assert "Content-Length" not in answer.headers


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that the sandbox would have waited."""
    waited: list[float] = []

    def wait(handler: _Handler, seconds: float) -> bool:
        waited.append(seconds)
        return True

    monkeypatch.setattr(_Handler, "wait", wait)
    return waited


def test_delays_add_up_before_the_next_rule(fresh: SandboxServer, waits: list[float]) -> None:
    delay = {"path": "cus_", "times": None, "does": "delay:0.1"}
    rule(fresh, delay, delay, {"path": "cus_", "times": 1, "does": "status:500"})

    statuses = [rename(fresh).status_code for _ in range(2)]

    assert statuses == [500, 200]
    assert waits == [0.1, 0.1, 0.1, 0.1]


def test_a_rule_counts_down_and_leaves_other_requests_alone(fresh: SandboxServer) -> None:
    rule(fresh, {"method": "PATCH", "path": "/billing-accounts/", "times": 2, "does": "status:500"})

    assert name(fresh) == "ACME Corp Billing"
    assert [rename(fresh).status_code for _ in range(3)] == [500, 500, 200]
    left = requests.get(f"{fresh.url}/_sandbox/faults", timeout=5).json()
    assert [row["times"] for row in left] == [0]


def test_rules_can_be_removed(fresh: SandboxServer) -> None:
    rule(fresh, {"does": "status:500", "times": None})
    assert rename(fresh).status_code == 500

    requests.delete(f"{fresh.url}/_sandbox/faults", timeout=5)
    assert rename(fresh).status_code == 200


@pytest.mark.parametrize(
    "invalid",
    [
        *({}, {"does": "explode"}, {"does": "status:7"}, {"does": "status:500", "times": 0}),
        *({"does": "status:500", "path": "("}, {"does": "status:500", "paht": "x"}, "status:500"),
    ],
)
def test_an_invalid_rule_is_refused(fresh: SandboxServer, invalid: Any) -> None:
    assert rule(fresh, invalid).status_code == 422


def test_reset_restores_the_data_and_removes_the_rules(fresh: SandboxServer) -> None:
    rename(fresh)
    rule(fresh, {"does": "status:500", "times": None})

    requests.post(f"{fresh.url}/_sandbox/reset", timeout=5)

    assert name(fresh) == "ACME Corp Billing"


def test_the_journal_records_bodies_and_outcomes(fresh: SandboxServer) -> None:
    rename(fresh)

    (entry,) = requests.get(f"{fresh.url}/_sandbox/requests", timeout=5).json()
    assert (entry["method"], entry["body"], entry["status"]) == ("PATCH", {"name": "Renamed"}, 200)


def test_latency_delays_a_response(
    fresh: SandboxServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "latency_seconds", 0.15)

    assert name(fresh) == "ACME Corp Billing"
    assert waits == [0.15]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"name=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_must_be_a_json_object(fresh: SandboxServer, body: bytes, kind: str, status: int) -> None:
    headers = {**HEADERS, "Content-Type": kind}

    assert requests.patch(fresh.url + ACCOUNT, data=body, headers=headers, timeout=5).status_code == status


def test_resources_of_a_failing_account_fail_as_well(fresh: SandboxServer) -> None:
    gallery = f"{fresh.url}/workspaces/ws_failures/billing-accounts"

    def status(path: str) -> int:
        return requests.get(f"{gallery}/{path}", headers=HEADERS, timeout=5).status_code

    assert status("cus_error500/invoices") == 500
    assert status("cus_sparse/invoices") == 200
    patched = requests.patch(f"{gallery}/cus_invalid", json={"name": "x"}, headers=HEADERS, timeout=5)
    assert patched.status_code == 422
