"""The list of workspaces, one workspace, and its billing accounts."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages.addresses import ACCOUNTS, DOCUMENTED, WORKSPACE

HTMX = {"HX-Request": "true"}


def test_list_of_workspaces(alice: Client) -> None:
    page = alice.get("/workspaces/").text

    assert "ACME Corporation" in page
    assert f'href="{ACCOUNTS}"' in page


def test_list_depends_on_the_persons_own_token(alice: Client, carol: Client) -> None:
    alice.get("/workspaces/")
    page = carol.get("/workspaces/").text

    assert "ws_supportdesk0001" in page
    assert WORKSPACE not in page


def test_workspace_shows_its_fields(alice: Client) -> None:
    page = alice.get(f"/workspaces/{WORKSPACE}/").text

    for shown in ("ACME Corporation", "Pooled", "Primary workspace for all ACME projects.", "100"):
        assert shown in page


def test_list_of_billing_accounts(alice: Client) -> None:
    page = alice.get(ACCOUNTS).text

    assert "ACME Corp Billing" in page
    assert f'href="{DOCUMENTED}"' in page


def test_workspace_without_billing_accounts(alice: Client) -> None:
    assert "No billing accounts" in alice.get("/workspaces/ws_d7ubc5fz7oj1a1wf/billing-accounts/").text


@pytest.mark.parametrize("address", ["/workspaces/", ACCOUNTS, f"/workspaces/{WORKSPACE}/"])
def test_htmx_gets_only_the_panel(address: str, alice: Client) -> None:
    answer = alice.get(address, headers=HTMX)

    assert "<html" not in answer.text
    assert "As of" in answer.text
    assert "HX-Request" in answer.headers["Vary"]
