"""The sandbox as a process of its own, and how other tests turn it."""

from __future__ import annotations

import time

import pytest
import requests

from tests.plugins.processes import Sandbox, running_sandbox
from tests.tokens import FINANCE

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"
PATH = f"/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"


def ask(sandbox: Sandbox, method: str, path: str = PATH, **body: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {FINANCE}"}
    return requests.request(method, sandbox.url + path, json=body or None, headers=headers, timeout=5)


def test_a_test_breaks_one_write_and_counts_it(fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("close_after", ACCOUNT, method="PATCH")

    with pytest.raises(requests.ConnectionError):
        ask(fresh_sandbox, "PATCH", name="Renamed")

    assert ask(fresh_sandbox, "GET").json()["name"] == "Renamed"
    assert [(row["body"], row["status"]) for row in fresh_sandbox.writes(ACCOUNT)] == [
        ({"name": "Renamed"}, 200)
    ]


def test_faults_add_up_and_go(fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:500", times=None)
    fresh_sandbox.fault("status:503", times=None)
    assert ask(fresh_sandbox, "GET").status_code == 500

    fresh_sandbox.no_faults()
    assert ask(fresh_sandbox, "GET").status_code == 200


def test_a_card_comes_without_a_browser(fresh_sandbox: Sandbox) -> None:
    added = fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, brand="jcb", last4="0505")

    rows = ask(fresh_sandbox, "GET", f"{PATH}/payment-methods").json()["data"]
    assert [(row["id"], row["is_default"]) for row in rows if row["brand"] == "jcb"] == [(added, False)]


def test_every_answer_is_late_when_asked_to() -> None:
    with running_sandbox("", "--latency-ms", "250") as late:
        began = time.monotonic()
        assert ask(late, "GET").status_code == 200

    assert time.monotonic() - began >= 0.25
