"""Workspaces, billing accounts, payment methods and API keys can be changed within their limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from billing.sandbox.server import SandboxServer
from tests.sandbox.conftest import Ask
from tests.tokens import FINANCE, SUPPORT, USER, VIEWER

ACME, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"
ACCOUNTS = f"/workspaces/{ACME}/billing-accounts"
DOCUMENTED = f"{ACCOUNTS}/{ACCOUNT}"
METHODS = f"{DOCUMENTED}/payment-methods"
SMALLEST = {"name": "New", "email": "new@sandbox.example"}


def attach(server: SandboxServer, **details: Any) -> requests.Response:
    body = {"workspace_id": ACME, "billing_account_id": ACCOUNT, **details}
    return requests.post(f"{server.url}/_sandbox/payment-methods", json=body, timeout=5)


def test_a_workspace_can_be_created_updated_and_archived(ask: Ask) -> None:
    created = ask("POST", "/workspaces", {"name": "New", "billing_mode": "single"})
    path = f"/workspaces/{created.json()['id']}"

    assert created.status_code == 201
    assert ask("PATCH", path, {"name": "Newer", "description": ""}).json()["name"] == "Newer"
    assert ask("GET", path).json()["description"] is None
    assert [row["role"] for row in ask("GET", f"{path}/members").json()["data"]] == ["owner"]
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).json()["archived"] is True
    assert ask("PATCH", path, {"name": "Newest"}).status_code == 403


def test_the_creator_of_a_workspace_can_see_it(ask: Ask) -> None:
    created = ask("POST", "/workspaces", {"name": "New", "billing_mode": "pooled"}, token=SUPPORT)

    assert ask("GET", f"/workspaces/{created.json()['id']}", token=SUPPORT).status_code == 200


def test_an_account_can_be_created_read_updated_and_deleted(ask: Ask) -> None:
    address = {"country": "ZA", "line1": "1 Long Street", "city": "Cape Town", "postal_code": "8001"}
    created = ask("POST", ACCOUNTS, {**SMALLEST, "currency": "zar", "address": address, "phone": ""})
    path = f"{ACCOUNTS}/{created.json()['id']}"

    assert created.status_code == 201
    assert (created.json()["currency"], created.json()["address"], created.json()["phone"]) == (
        "zar",
        address,
        None,
    )
    assert ask("PATCH", path, {"name": "Newer", "currency": "usd"}).status_code == 200
    current = ask("GET", path).json()
    assert (current["name"], current["email"], current["currency"]) == ("Newer", SMALLEST["email"], "zar")
    assert current["updated_at"] > created.json()["updated_at"]
    assert ask("GET", f"{path}/invoices").json()["data"] == []
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404


def test_an_omitted_address_defaults_to_that_of_the_caller(ask: Ask) -> None:
    assert ask("POST", ACCOUNTS, SMALLEST).json()["address"]["city"] == "Amsterdam"


def test_an_address_is_replaced_as_a_whole(ask: Ask) -> None:
    assert ask("PATCH", DOCUMENTED, {"address": {"country": "DE"}}).json()["address"] == {"country": "DE"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", None, "The name field is required."),
        ("name", "x" * 101, "The name field must not be greater than 100 characters."),
        ("name", 7, "The name field must be a string."),
        ("email", "nobody", "The email field must be a valid email address."),
        ("email", "x" * 150 + "@sandbox.example", "The email field must not be greater than 150 characters."),
        ("phone", "1" * 51, "The phone field must not be greater than 50 characters."),
        ("description", "x" * 201, "The description field must not be greater than 200 characters."),
        ("currency", "jpy", "The selected currency is invalid."),
        ("address", "Main Street", "The address field must be an array."),
        ("address.country", {"country": "usa"}, "The address.country field must be 2 characters."),
        ("address.line2", {"line2": None}, "The address.line2 field must be a string."),
    ],
)
def test_a_validation_error_names_the_field(ask: Ask, field: str, value: Any, message: str) -> None:
    answer = ask("POST", ACCOUNTS, {**SMALLEST, field.partition(".")[0]: value})

    assert answer.status_code == 422
    assert answer.json() == {"message": message, "errors": {field: [message]}}


def test_the_message_counts_further_errors(ask: Ask) -> None:
    assert ask("POST", ACCOUNTS, {}).json()["message"] == "The name field is required. (and 1 more error)"


@pytest.mark.parametrize(("workspace", "most"), [(ACME, 10), ("ws_ivtfhggaz5creums", 1)])
def test_concurrent_requests_cannot_exceed_the_account_limit_of_a_billing_mode(
    fresh: SandboxServer, workspace: str, most: int
) -> None:
    def create(_: int) -> int:
        return requests.post(
            f"{fresh.url}/workspaces/{workspace}/billing-accounts",
            json=SMALLEST,
            headers={"Authorization": f"Bearer {FINANCE}"},
            timeout=30,
        ).status_code

    before = len(fresh.state.accounts[workspace])
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(create, range(24)))

    assert statuses.count(201) == most - before
    assert statuses.count(422) == 24 - statuses.count(201)
    assert len(fresh.state.accounts[workspace]) == most


def test_a_payment_method_can_be_added_made_default_and_detached(fresh: SandboxServer, ask: Ask) -> None:
    intent = ask("POST", METHODS)
    added = attach(fresh, brand="amex", last4="0005", exp_month=4, exp_year=2031).json()["id"]

    assert intent.status_code == 201
    assert "_secret_" in intent.json()["client_secret"]
    assert ask("PUT", f"{METHODS}/{added}").json() == {"message": "Default payment method updated"}
    rows = {row["id"]: row for row in ask("GET", METHODS).json()["data"]}
    assert [row["id"] for row in rows.values() if row["is_default"]] == [added]
    assert rows[added]["last4"] == "0005"
    assert ask("DELETE", f"{METHODS}/pm_a1b2c3d4e5f6g7h8").status_code == 204
    assert len(ask("GET", METHODS).json()["data"]) == 2


def test_an_account_has_at_most_five_payment_methods(fresh: SandboxServer, ask: Ask) -> None:
    assert [attach(fresh).status_code for _ in range(4)] == [201, 201, 201, 422]
    assert ask("POST", METHODS).status_code == 422


def test_the_only_payment_method_cannot_be_detached(ask: Ask) -> None:
    methods = "/workspaces/ws_hmwgl7c34ffg81wi/billing-accounts/cus_4dqq723yrf59kz0o/payment-methods"
    assert ask("DELETE", f"{methods}/pm_nothing").status_code == 403  # archived

    methods = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_kcsc64cqqovua1p2/payment-methods"
    (only,) = ask("GET", methods).json()["data"]
    answer = ask("DELETE", f"{methods}/{only['id']}")
    assert (answer.status_code, answer.json()["type"]) == (422, "unprocessable_entity")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("PATCH", f"/workspaces/{ACME}"), ("DELETE", f"/workspaces/{ACME}"), ("POST", ACCOUNTS)),
        *(("PATCH", DOCUMENTED), ("DELETE", DOCUMENTED), ("POST", f"{DOCUMENTED}/subscriptions")),
        *(("POST", METHODS), ("PUT", f"{METHODS}/pm_a1b2c3d4e5f6g7h8")),
    ],
)
def test_a_viewer_cannot_write(fresh: SandboxServer, ask: Ask, method: str, path: str) -> None:
    answer = ask(method, path, {} if method in ("PATCH", "POST") else None, token=VIEWER)

    assert (answer.status_code, answer.json()) == (403, {"message": "This action is unauthorized."})


def test_a_viewer_can_read_and_preview(ask: Ask) -> None:
    assert ask("GET", DOCUMENTED, token=VIEWER).status_code == 200
    preview = ask(
        "POST", f"{DOCUMENTED}/invoices/preview", {"subscription_id": "sub_a1b2c3d4e5f6g7h8"}, token=VIEWER
    )
    assert preview.status_code == 200


def test_api_keys_require_a_user_token(ask: Ask) -> None:
    assert ask("GET", "/api/keys").status_code == 403
    assert "secret" not in ask("GET", "/api/keys", token=USER).text


def test_an_api_key_can_be_created_used_and_rotated(ask: Ask) -> None:
    created = ask("POST", "/api/keys", {"name": "Report", "permissions": ["sites:read"]}, token=USER).json()[
        "data"
    ]
    assert ask("GET", "/workspaces", token=created["secret"]).status_code == 200

    rotated = ask("POST", f"/api/keys/{created['key']['id']}/rotate", token=USER).json()["data"]
    assert ask("GET", "/workspaces", token=created["secret"]).status_code == 401
    assert ask("GET", "/workspaces", token=rotated["secret"]).status_code == 200
    assert rotated["secret"].startswith(rotated["key"]["key_prefix"])


@pytest.mark.parametrize(
    "body", [{}, {"name": "ab", "permissions": ["x"]}, {"name": "abc", "permissions": []}]
)
def test_an_invalid_api_key_is_refused(ask: Ask, body: dict[str, Any]) -> None:
    assert ask("POST", "/api/keys", body, token=USER).status_code == 422
