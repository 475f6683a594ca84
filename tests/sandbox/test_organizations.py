"""Members and organizations, with their tree, limits and files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import requests

from billing.sandbox.server import SandboxServer
from billing.sandbox.state import Token
from tests.sandbox.conftest import Ask
from tests.tokens import FINANCE

ACME = "/workspaces/ws_a1b2c3d4e5f6g7h8"
ORGANIZATIONS = f"{ACME}/organizations"
DOCUMENTED = f"{ORGANIZATIONS}/org_aBcDeFg123456789"
ASSIGNED = "/workspaces/ws_ex6v0f7oxkpivd8q/organizations"
ADMIN = "a-token-of-an-admin"


def ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["data"]]


def test_the_documented_organization_is_on_the_third_level(ask: Ask) -> None:
    row = ask("GET", DOCUMENTED).json()

    assert (row["depth"], row["parent_org_id"]) == (2, "org_zYxWvUt987654321")
    assert ask("GET", f"{DOCUMENTED}/parent").json()["id"] == "org_zYxWvUt987654321"
    assert ask("GET", f"{ORGANIZATIONS}/org_root123/parent").status_code == 204
    assert "org_aBcDeFg123456789" in ids(ask("GET", f"{ORGANIZATIONS}/org_root123/descendants"))


def test_the_usage_of_a_subtree_is_the_sum_of_its_parts(ask: Ask) -> None:
    rows = {row["id"]: row for row in ask("GET", ORGANIZATIONS).json()["data"]}

    for row in rows.values():
        below = [child for child in rows.values() if child["parent_org_id"] == row["id"]]
        for product, total in row["usage"]["subtree_usage"].items():
            parts = [child["usage"]["subtree_usage"].get(product, 0) for child in below]
            assert total == row["usage"]["usage"].get(product, 0) + sum(parts)


def test_the_lowest_limit_on_the_way_to_the_top_applies(ask: Ask) -> None:
    limits = ask("GET", f"{DOCUMENTED}/limits").json()

    users = next(row for row in limits["limits"] if row["type"] == "users")
    assert (users["org_limit"], users["total"]) == (250, 225)
    assert users["free"] == users["total"] - users["used"]
    assert limits["context"] == {"type": "parent", "name": "ACME Products"}


def test_usage_can_be_downloaded_as_csv_and_pdf(ask: Ask, fresh: SandboxServer) -> None:
    headers = {"Authorization": f"Bearer {FINANCE}"}
    csv_file = requests.get(f"{fresh.url}{ORGANIZATIONS}/usage.csv", headers=headers, timeout=5)
    pdf_file = requests.get(f"{fresh.url}{ORGANIZATIONS}/usage.pdf", headers=headers, timeout=5)

    rows = list(csv.DictReader(io.StringIO(csv_file.text)))
    assert {row["organization"] for row in rows} >= {"ACME Corporation", "Engineering Department"}
    assert (csv_file.headers["Content-Type"], pdf_file.headers["Content-Type"]) == (
        "text/csv",
        "application/pdf",
    )
    assert pdf_file.content.startswith(b"%PDF-1.7")
    assert pdf_file.content.endswith(b"%%EOF\n")


def test_organizations_can_be_created_and_deleted_with_their_subtree(ask: Ask) -> None:
    root = ask("POST", ORGANIZATIONS, {"name": "Root", "limits": {"users": 5}})
    path = f"{ORGANIZATIONS}/{root.json()['id']}"
    child = ask("POST", f"{path}/children", {"name": "Child", "billing_account_id": None})

    assert (root.status_code, child.status_code) == (201, 201)
    assert (child.json()["depth"], child.json()["path"]) == (1, root.json()["id"])
    assert ids(ask("GET", f"{path}/descendants")) == [child.json()["id"]]
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", f"{ORGANIZATIONS}/{child.json()['id']}").status_code == 404


def test_a_tree_has_at_most_ten_levels(ask: Ask) -> None:
    parent, statuses = ask("POST", ORGANIZATIONS, {"name": "0"}).json()["id"], []
    for level in range(1, 11):
        answer = ask("POST", f"{ORGANIZATIONS}/{parent}/children", {"name": str(level)})
        statuses.append(answer.status_code)
        parent = answer.json().get("id", parent)

    assert statuses == [201] * 9 + [422]


def test_an_organization_has_at_most_a_hundred_children(fresh: SandboxServer, ask: Ask) -> None:
    root = ask("POST", ORGANIZATIONS, {"name": "Root"}).json()
    child = ask("POST", f"{ORGANIZATIONS}/{root['id']}/children", {"name": "x"}).json()
    rows = fresh.state.organizations["ws_a1b2c3d4e5f6g7h8"]
    rows += [child | {"id": f"org_{number}"} for number in range(98)]

    statuses = [
        ask("POST", f"{ORGANIZATIONS}/{root['id']}/children", {"name": "x"}).status_code for _ in range(2)
    ]
    assert statuses == [201, 422]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ORGANIZATIONS, {}),
        (ORGANIZATIONS, {"name": "x" * 51}),
        (ORGANIZATIONS, {"name": "x", "billing_account_id": "cus_a1b2c3d4e5f6g7h8"}),  # pooled
        (ASSIGNED, {"name": "x"}),
        (ASSIGNED, {"name": "x", "billing_account_id": "cus_a1b2c3d4e5f6g7h8"}),  # another workspace's
        (f"{DOCUMENTED}/children", {"name": "x", "billing_account_id": "cus_a1b2c3d4e5f6g7h8"}),
        (ORGANIZATIONS, {"name": "x", "limits": {"users": -1}}),
        (ORGANIZATIONS, {"name": "x", "picture": "http://sandbox.example/picture.png"}),
    ],
)
def test_an_invalid_organization_is_refused(ask: Ask, path: str, body: dict[str, Any]) -> None:
    assert ask("POST", path, body).status_code == 422


def test_in_assigned_mode_an_organization_has_a_billing_account(ask: Ask) -> None:
    created = ask("POST", ASSIGNED, {"name": "x", "billing_account_id": "cus_4w5g778bg26zcp1c"})

    assert created.json()["billing_account_id"] == "cus_4w5g778bg26zcp1c"


def test_members_can_be_added_updated_and_removed(ask: Ask) -> None:
    created = ask("POST", f"{ACME}/members", {"user_id": "auth0|new", "role": "viewer"})
    duplicate = ask("POST", f"{ACME}/members", {"user_id": "auth0|new", "role": "viewer"})
    path = f"{ACME}/members/auth0%7Cnew"

    assert (created.status_code, duplicate.status_code) == (201, 422)
    assert ask("PATCH", path, {"role": "owner"}).json()["role"] == "owner"
    assert ask("PATCH", path, {"role": "king"}).status_code == 422
    assert ask("DELETE", path).status_code == 204
    assert ask("DELETE", path).status_code == 404


def test_a_workspace_has_at_most_a_hundred_members(fresh: SandboxServer, ask: Ask) -> None:
    rows = fresh.state.members["ws_a1b2c3d4e5f6g7h8"]
    rows += [rows[2] | {"user_id": f"auth0|{number}"} for number in range(99 - len(rows))]

    statuses = [
        ask("POST", f"{ACME}/members", {"user_id": f"auth0|new{number}", "role": "viewer"}).status_code
        for number in range(2)
    ]
    assert statuses == [201, 422]


def test_an_admin_cannot_make_anybody_an_owner(fresh: SandboxServer, ask: Ask) -> None:
    fresh.state.tokens[ADMIN] = Token({"ws_a1b2c3d4e5f6g7h8": "admin"})
    path = f"{ACME}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5"

    assert ask("PATCH", path, {"role": "owner"}, token=ADMIN).status_code == 403
    assert ask("PATCH", path, {"role": "viewer"}, token=ADMIN).status_code == 200
    assert ask("DELETE", ACME, token=ADMIN).status_code == 403
