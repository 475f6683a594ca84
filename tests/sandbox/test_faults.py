"""Faults on demand: what was done and what was not, and how often."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from billing.sandbox.server import SandboxServer
from tests.tokens import FINANCE

ACCOUNT = "/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"
HEADERS = {"Authorization": f"Bearer {FINANCE}"}


def rule(server: SandboxServer, *rules: Any) -> requests.Response:
    return requests.put(f"{server.url}/_sandbox/faults", json=list(rules), timeout=5)


def rename(server: SandboxServer) -> requests.Response:
    return requests.patch(server.url + ACCOUNT, json={"name": "Renamed"}, headers=HEADERS, timeout=0.5)


def name(server: SandboxServer) -> str:
    return str(requests.get(server.url + ACCOUNT, headers=HEADERS, timeout=5).json()["name"])


@pytest.mark.parametrize("word", ["hang", "close"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_is_lost_and_the_work_done_or_not(fresh: SandboxServer, word: str, when: str) -> None:
    rule(fresh, {"method": "PATCH", "path": "cus_a1b2c3d4e5f6g7h8$", "does": f"{word}_{when}"})

    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        rename(fresh)

    assert name(fresh) == ("Renamed" if when == "after" else "ACME Corp Billing")
    assert fresh.journal[0]["status"] == (200 if when == "after" else None)
    assert rename(fresh).status_code == 200, "a rule is for one request"


@pytest.mark.parametrize(
    ("does", "status", "done"),
    [("status:503", 503, False), ("status_after:502", 502, True), ("garbage_after", 200, True)],
)
def test_an_answer_is_another_one(fresh: SandboxServer, does: str, status: int, done: bool) -> None:
    rule(fresh, {"method": "PATCH", "path": "", "does": does})

    answer = rename(fresh)

    assert answer.status_code == status
    assert (name(fresh) == "Renamed") is done
    if does == "garbage_after":
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_delays_add_up_before_the_next_rule(fresh: SandboxServer) -> None:
    delay = {"path": "cus_", "times": None, "does": "delay:0.1"}
    rule(fresh, delay, delay, {"path": "cus_", "times": 1, "does": "status:500"})

    began = time.monotonic()
    statuses = [rename(fresh).status_code for _ in range(2)]

    assert statuses == [500, 200]
    assert time.monotonic() - began >= 0.4


def test_a_rule_counts_down_and_touches_nothing_else(fresh: SandboxServer) -> None:
    rule(fresh, {"method": "PATCH", "path": "/billing-accounts/", "times": 2, "does": "status:500"})

    assert name(fresh) == "ACME Corp Billing"
    assert [rename(fresh).status_code for _ in range(3)] == [500, 500, 200]
    left = requests.get(f"{fresh.url}/_sandbox/faults", timeout=5).json()
    assert [row["times"] for row in left] == [0]


def test_rules_are_taken_away(fresh: SandboxServer) -> None:
    rule(fresh, {"does": "status:500", "times": None})
    assert rename(fresh).status_code == 500

    requests.delete(f"{fresh.url}/_sandbox/faults", timeout=5)
    assert rename(fresh).status_code == 200


@pytest.mark.parametrize(
    "poor",
    [
        *({}, {"does": "explode"}, {"does": "status:7"}, {"does": "status:500", "times": 0}),
        *({"does": "status:500", "path": "("}, {"does": "status:500", "paht": "x"}, "status:500"),
    ],
)
def test_a_rule_that_nobody_understands_is_refused(fresh: SandboxServer, poor: Any) -> None:
    assert rule(fresh, poor).status_code == 422


def test_reset_puts_back_the_seed_and_takes_the_rules_away(fresh: SandboxServer) -> None:
    rename(fresh)
    rule(fresh, {"does": "status:500", "times": None})

    requests.post(f"{fresh.url}/_sandbox/reset", timeout=5)

    assert name(fresh) == "ACME Corp Billing"


def test_the_journal_has_what_was_written_and_what_was_done(fresh: SandboxServer) -> None:
    rename(fresh)

    (entry,) = requests.get(f"{fresh.url}/_sandbox/requests", timeout=5).json()
    assert (entry["method"], entry["body"], entry["status"]) == ("PATCH", {"name": "Renamed"}, 200)


def test_every_answer_can_be_late(fresh: SandboxServer) -> None:
    fresh.latency_seconds = 0.15
    began = time.monotonic()

    assert name(fresh) == "ACME Corp Billing"
    fresh.latency_seconds = 0
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"name=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_is_a_json_object(fresh: SandboxServer, body: bytes, kind: str, status: int) -> None:
    headers = {**HEADERS, "Content-Type": kind}

    assert requests.patch(fresh.url + ACCOUNT, data=body, headers=headers, timeout=5).status_code == status


def test_what_is_below_a_failing_account_fails_too(fresh: SandboxServer) -> None:
    gallery = f"{fresh.url}/workspaces/ws_failures/billing-accounts"

    def status(path: str) -> int:
        return requests.get(f"{gallery}/{path}", headers=HEADERS, timeout=5).status_code

    assert status("cus_error500/invoices") == 500
    assert status("cus_sparse/invoices") == 200
    patched = requests.patch(f"{gallery}/cus_invalid", json={"name": "x"}, headers=HEADERS, timeout=5)
    assert patched.status_code == 422
