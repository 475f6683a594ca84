"""The sandbox as a separate process, as other tests use it."""

from __future__ import annotations

import re
import socket

import pytest
import requests
from django.core.management import CommandError, call_command

from tests.plugins.processes import Sandbox, running_sandbox
from tests.tokens import FINANCE

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"
PATH = f"/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"


def ask(
    sandbox: Sandbox, method: str, path: str = PATH, *, timeout: float = 5, **body: str
) -> requests.Response:
    headers = {"Authorization": f"Bearer {FINANCE}"}
    return requests.request(method, sandbox.url + path, json=body or None, headers=headers, timeout=timeout)


def test_a_test_can_lose_the_response_of_a_write_and_count_it(fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("close_after", ACCOUNT, method="PATCH")

    with pytest.raises(requests.ConnectionError):
        ask(fresh_sandbox, "PATCH", name="Renamed")

    assert ask(fresh_sandbox, "GET").json()["name"] == "Renamed"
    assert [(row["body"], row["status"]) for row in fresh_sandbox.writes(ACCOUNT)] == [
        ({"name": "Renamed"}, 200)
    ]


def test_faults_can_be_added_and_removed(fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:500", times=None)
    fresh_sandbox.fault("status:503", times=None)
    assert ask(fresh_sandbox, "GET").status_code == 500

    fresh_sandbox.no_faults()
    assert ask(fresh_sandbox, "GET").status_code == 200


def test_a_payment_method_can_be_added_without_a_browser(fresh_sandbox: Sandbox) -> None:
    added = fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, brand="jcb", last4="0505")

    rows = ask(fresh_sandbox, "GET", f"{PATH}/payment-methods").json()["data"]
    assert [(row["id"], row["is_default"]) for row in rows if row["brand"] == "jcb"] == [(added, False)]


def test_latency_delays_every_response() -> None:
    with running_sandbox("", "--latency-ms", "60000") as slow, pytest.raises(requests.ReadTimeout):
        ask(slow, "GET", timeout=0.5)


def test_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=re.escape(f"--port {port}: Address already in use.")):
            call_command("sandbox", port=port)
