"""Operations build paths that no input can bend, and know whose answer they hold."""

from __future__ import annotations

import pytest

from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE

IDS = {"workspaceId": "ws_a", "billingAccountId": "cus_b"}


def test_it_builds_the_path() -> None:
    assert RETRIEVE_BILLING_ACCOUNT.path(IDS) == "/workspaces/ws_a/billing-accounts/cus_b"


def test_it_takes_the_portals_names_of_ids() -> None:
    ids = {"workspace_id": "ws_a", "billing_account_id": "cus_b"}

    assert RETRIEVE_BILLING_ACCOUNT.path(ids) == RETRIEVE_BILLING_ACCOUNT.path(IDS)
    assert RETRIEVE_BILLING_ACCOUNT.is_about({"id": "cus_b", "workspace_id": "ws_a"}, ids)
    assert not RETRIEVE_BILLING_ACCOUNT.is_about({"id": "cus_c"}, ids)


@pytest.mark.parametrize("bad", ["ws_../admin", "ws_a?limit=1", "cus_b", "ws_a%2e", ""])
def test_it_refuses_an_id_that_would_bend_the_path(bad: str) -> None:
    with pytest.raises(InvalidIdentifier):
        RETRIEVE_WORKSPACE.path({"workspaceId": bad})


@pytest.mark.parametrize("names", [{}, {"workspaceId": "ws_a"}, {**IDS, "limit": "1"}])
def test_it_refuses_a_wrong_set_of_names(names: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        RETRIEVE_BILLING_ACCOUNT.path(names)


@pytest.mark.parametrize(
    "document",
    [
        {"id": "cus_b", "workspace_id": "ws_a"},
        {"id": "cus_b"},
        {"id": None, "workspace_id": None},
        {},
        {"data": [{"id": "cus_other"}]},
    ],
)
def test_it_recognises_what_was_asked_for(document: object) -> None:
    assert RETRIEVE_BILLING_ACCOUNT.is_about(document, IDS)


@pytest.mark.parametrize(
    "document",
    [
        {"id": "cus_other", "workspace_id": "ws_a"},
        {"id": "cus_b", "workspace_id": "ws_other"},
        {"id": 5},
        {"id": ""},
        {"id": False},
        {"id": ["cus_b"]},
        {"id": "CUS_B"},
    ],
)
def test_it_recognises_another_object(document: object) -> None:
    assert not RETRIEVE_BILLING_ACCOUNT.is_about(document, IDS)


def test_it_looks_at_every_item_of_a_listing() -> None:
    mixed = {"data": [{"id": "cus_a", "workspace_id": "ws_a"}, {"id": "cus_b", "workspace_id": "ws_other"}]}

    assert not LIST_BILLING_ACCOUNTS.is_about(mixed, {"workspaceId": "ws_a"})


def test_a_listing_of_all_workspaces_is_about_any() -> None:
    assert LIST_WORKSPACES.is_about({"data": [{"id": "ws_a"}]}, {})
