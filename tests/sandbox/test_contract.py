"""The sandbox's responses and the client's requests match Altostrat's contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.http.transport import Transport, TransportConfig
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State
from tests.contract import CONTRACT
from tests.plugins.processes import ROOT
from tests.sandbox.conftest import validate
from tests.tokens import FINANCE

SEED = json.loads((ROOT / "billing" / "sandbox" / "seed.json").read_text(encoding="utf-8"))
WORKSPACES: list[dict[str, Any]] = SEED["workspaces"]
ACCOUNTS: list[dict[str, Any]] = SEED["billing_accounts"]
WORKSPACE_PARTS = ("members", "organizations")
ACCOUNT_PARTS = (
    *("", "/subscriptions", "/trial-eligibility", "/payment-methods", "/invoices"),
    "/invoices?limit=3",
)
PATHS = [
    "/workspaces",
    *(f"/workspaces/{row['id']}" for row in WORKSPACES),
    *(f"/workspaces/{row['id']}/billing-accounts" for row in WORKSPACES),
    *(f"/workspaces/{row['id']}/{part}" for row in WORKSPACES for part in WORKSPACE_PARTS),
    *(
        f"/workspaces/{row['workspace_id']}/billing-accounts/{row['id']}{part}"
        for row in ACCOUNTS
        for part in ACCOUNT_PARTS
    ),
]
REFUSALS = [
    "unauthorized",
    "forbidden",
    "missing",
    "ratelimited",
    "ratelimited_nohint",
    "error500",
    "unavailable",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_response_matches_the_contract(
    get: Callable[..., requests.Response], contract: OpenAPI, path: str
) -> None:
    answer = get(path)

    assert answer.status_code == 200
    validate(contract, answer)


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_matches_the_contract(
    get: Callable[..., requests.Response], contract: OpenAPI, name: str
) -> None:
    validate(contract, get(f"/workspaces/ws_failures/billing-accounts/cus_{name}"))


def test_the_validation_detects_a_response_that_does_not_match(
    get: Callable[..., requests.Response], contract: OpenAPI
) -> None:
    answer = get("/workspaces/ws_a1b2c3d4e5f6g7h8")
    answer._content = b'{"id": 7}'

    with pytest.raises(Exception, match=r"(?i)invalid"):
        validate(contract, answer)


def test_the_initial_data_contains_the_documented_examples() -> None:
    documented = CONTRACT["components"]["examples"]
    account = State.from_seed().account("ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8")
    workspace = State.from_seed().workspace("ws_a1b2c3d4e5f6g7h8")

    assert account == documented["BillingAccount"]["value"]
    assert workspace == documented["Workspace"]["value"]


@pytest.mark.parametrize(
    "operation",
    [
        LIST_WORKSPACES,
        RETRIEVE_WORKSPACE,
        LIST_BILLING_ACCOUNTS,
        RETRIEVE_BILLING_ACCOUNT,
    ],
    ids=lambda operation: operation.name,
)
def test_every_request_of_the_client_matches_the_contract(
    server: SandboxServer, contract: OpenAPI, operation: Operation[object]
) -> None:
    ids = {"workspaceId": "ws_a1b2c3d4e5f6g7h8", "billingAccountId": "cus_a1b2c3d4e5f6g7h8"}
    used = {name: value for name, value in ids.items() if f"{{{name}}}" in operation.path_template}
    transport = Transport(TransportConfig(server.url))
    server.journal.clear()

    AltostratClient(transport, BearerToken(FINANCE)).call(operation, **used)

    transport.close()
    entry = server.journal[0]
    headers = {**dict(entry["headers"]), "Authorization": f"Bearer {FINANCE}"}
    sent = requests.Request(entry["method"], f"https://v1.api.altostrat.io{entry['path']}", headers=headers)
    unmarshalled = contract.unmarshal_request(RequestsOpenAPIRequest(sent))
    assert unmarshalled.errors == []
    assert CONTRACT["paths"][operation.path_template]["get"]["operationId"] == operation.name
