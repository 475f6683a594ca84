"""The home page."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AltostratToken
from billing.pages.home import greeting
from tests import html
from tests.pages.addresses import WORKSPACE


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
    assert not html.select(page, "main [hx-get]")


def test_refused_token_can_be_renewed(alice: Client) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    page = alice.get("/")

    assert "Rejected" in html.text(page)
    assert html.select(page, 'a[href$="/renew/"]')


def test_only_workspace_tokens_are_counted(alice: Client) -> None:
    AltostratToken.objects.update(is_default=False, workspace_id=WORKSPACE)

    assert "No default token. 1 token is set for individual workspaces." in html.text(alice.get("/"))
