"""Workspaces, and the billing accounts in one."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages.addresses import ACCOUNTS, DOCUMENTED, WORKSPACE

HTMX = {"HX-Request": "true"}


def test_it_lists_the_workspaces_that_the_token_sees(alice: Client) -> None:
    page = alice.get("/workspaces/").text

    assert "ACME Corporation" in page
    assert f'href="{ACCOUNTS}"' in page


def test_it_shows_a_person_only_the_workspaces_of_their_own_token(alice: Client, carol: Client) -> None:
    alice.get("/workspaces/")
    page = carol.get("/workspaces/").text

    assert "ws_supportdesk0001" in page
    assert WORKSPACE not in page


def test_it_shows_one_workspace_with_its_fields(alice: Client) -> None:
    page = alice.get(f"/workspaces/{WORKSPACE}/").text

    for shown in ("ACME Corporation", "Pooled", "Primary workspace for all ACME projects.", "100"):
        assert shown in page


def test_it_lists_the_billing_accounts_of_a_workspace(alice: Client) -> None:
    page = alice.get(ACCOUNTS).text

    assert "ACME Corp Billing" in page
    assert f'href="{DOCUMENTED}"' in page


def test_it_says_that_a_workspace_has_no_account(alice: Client) -> None:
    assert "No billing account yet" in alice.get("/workspaces/ws_d7ubc5fz7oj1a1wf/billing-accounts/").text


@pytest.mark.parametrize("address", ["/workspaces/", ACCOUNTS, f"/workspaces/{WORKSPACE}/"])
def test_it_gives_htmx_the_part_alone(address: str, alice: Client) -> None:
    answer = alice.get(address, headers=HTMX)

    assert "<html" not in answer.text
    assert "As of" in answer.text
    assert "HX-Request" in answer.headers["Vary"]
