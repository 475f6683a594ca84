"""Operations build safe paths and check that a response is about the requested object."""

from __future__ import annotations

import pytest

from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE

IDS = {"workspaceId": "ws_a", "billingAccountId": "cus_b"}


def test_the_path_contains_the_ids() -> None:
    assert RETRIEVE_BILLING_ACCOUNT.path(IDS) == "/workspaces/ws_a/billing-accounts/cus_b"


def test_the_portals_names_of_ids_are_accepted() -> None:
    ids = {"workspace_id": "ws_a", "billing_account_id": "cus_b"}

    assert RETRIEVE_BILLING_ACCOUNT.path(ids) == RETRIEVE_BILLING_ACCOUNT.path(IDS)
    assert RETRIEVE_BILLING_ACCOUNT.is_about({"id": "cus_b", "workspace_id": "ws_a"}, ids)
    assert not RETRIEVE_BILLING_ACCOUNT.is_about({"id": "cus_c"}, ids)


@pytest.mark.parametrize("bad", ["ws_../admin", "ws_a?limit=1", "cus_b", "ws_a%2e", ""])
def test_an_id_that_would_change_the_path_is_refused(bad: str) -> None:
    with pytest.raises(InvalidIdentifier):
        RETRIEVE_WORKSPACE.path({"workspaceId": bad})


@pytest.mark.parametrize("names", [{}, {"workspaceId": "ws_a"}, {**IDS, "limit": "1"}])
def test_a_wrong_set_of_parameters_is_refused(names: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        RETRIEVE_BILLING_ACCOUNT.path(names)


@pytest.mark.parametrize(
    "document",
    [
        {"id": "cus_b", "workspace_id": "ws_a"},
        {"id": "cus_b"},
        {"id": None, "workspace_id": None},
        {},
        {"data": [{"id": "cus_b"}]},
    ],
)
def test_a_response_about_the_requested_object(document: object) -> None:
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
def test_a_response_about_another_object(document: object) -> None:
    assert not RETRIEVE_BILLING_ACCOUNT.is_about(document, IDS)


def test_every_item_of_a_list_is_checked() -> None:
    mixed = {"data": [{"id": "cus_a", "workspace_id": "ws_a"}, {"id": "cus_b", "workspace_id": "ws_other"}]}

    assert not LIST_BILLING_ACCOUNTS.is_about(mixed, {"workspaceId": "ws_a"})


def test_a_list_of_workspaces_may_contain_any_workspace() -> None:
    assert LIST_WORKSPACES.is_about({"data": [{"id": "ws_a"}]}, {})
