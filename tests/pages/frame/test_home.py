"""The home page."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AltostratToken
from billing.pages.home import greeting
from tests import html
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (4, "Good evening"),
        (5, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
    ],
)
def test_greeting_depends_on_the_hour(hour: int, expected: str) -> None:
    assert greeting(hour) == expected


def test_home_page_shows_name_and_role(alice: Client) -> None:
    page = alice.get("/")

    assert html.text(html.one(page, "h1")).endswith(", alice")
    assert html.text(html.one(page, ".head .lead")) == "Role: Editor"


def test_workspaces_are_loaded_separately(alice: Client) -> None:
    (panel,) = html.select(alice.get("/"), '[hx-get="/workspaces/"]')

    assert panel.attributes["hx-trigger"] == "load"


def test_home_page_asks_for_a_token_first(bob: Client) -> None:
    page = bob.get("/")

    assert "Store your Altostrat token first" in html.text(page)
    assert not html.select(page, "[hx-get]")


def test_refused_token_can_be_renewed(alice: Client) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    page = alice.get("/")

    assert "Rejected" in html.text(page)
    assert html.select(page, 'a[href$="/renew/"]')


def test_only_workspace_tokens_are_counted(alice: Client) -> None:
    AltostratToken.objects.update(is_default=False, workspace_id=WORKSPACE)

    assert "No default token. 1 token is set for individual workspaces." in html.text(alice.get("/"))


def test_account_opens_by_its_ids(alice: Client) -> None:
    answer = alice.get("/", {"workspace_id": f" {WORKSPACE} ", "billing_account_id": ACCOUNT})

    assert answer.headers["Location"] == DOCUMENTED


@pytest.mark.parametrize("workspace_id", ["", "cus_1", "ws_../x", "ws_ä", "ws_1/2", "ws_" + "x" * 300])
def test_invalid_workspace_id_is_reported_at_its_field(workspace_id: str, alice: Client) -> None:
    answer = alice.get("/", {"workspace_id": workspace_id, "billing_account_id": ACCOUNT})

    assert answer.status_code == 422
    assert html.field_error(answer, "workspace_id")
    assert html.fields(answer)["billing_account_id"] == ACCOUNT
