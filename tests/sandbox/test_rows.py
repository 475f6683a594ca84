"""Rows on demand: a test replaces what the sandbox has stored."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from billing.sandbox.server import SandboxServer
from tests.sandbox.test_faults import ACCOUNT, HEADERS

CUSTOMER = ACCOUNT.rpartition("/")[2]


def put(server: SandboxServer, body: Any) -> requests.Response:
    return requests.put(f"{server.url}/_sandbox/rows", json=body, timeout=5)


def test_rows_are_replaced_as_they_are(fresh: SandboxServer) -> None:
    row = {"id": "in_1", "total": "many"}

    assert put(fresh, {"table": "invoices", "of": CUSTOMER, "rows": [row]}).status_code == 200

    listed = requests.get(f"{fresh.url}{ACCOUNT}/invoices", headers=HEADERS, timeout=5).json()
    assert listed["data"] == [row]


def test_stored_preview_answers_every_preview(fresh: SandboxServer) -> None:
    put(fresh, {"table": "previews", "of": CUSTOMER, "rows": [{"amount_due": 7}]})

    body = {"items": [{"product_type": "users", "quantity": 1}]}
    url = f"{fresh.url}{ACCOUNT}/invoices/preview"
    assert requests.post(url, json=body, headers=HEADERS, timeout=5).json() == {"amount_due": 7}


@pytest.mark.parametrize("body", [{}, {"table": "tokens", "of": "x", "rows": []}, {"table": "invoices"}])
def test_other_bodies_are_refused(body: Any, fresh: SandboxServer) -> None:
    assert put(fresh, body).status_code == 422
