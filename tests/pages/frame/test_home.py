"""The first page."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AltostratToken
from tests import html
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE


def test_it_says_what_a_person_may_do(alice: Client) -> None:
    assert "You may read billing data and change billing data, as editor." in alice.get("/").text


def test_it_loads_the_workspaces_in_a_part_of_their_own(alice: Client) -> None:
    assert 'hx-get="/workspaces/" hx-trigger="load"' in alice.get("/").text


def test_it_asks_for_a_token_first(bob: Client) -> None:
    page = bob.get("/").text

    assert "Store your Altostrat token first" in page
    assert "hx-get" not in page


def test_it_shows_that_the_token_was_refused(alice: Client) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)
    page = alice.get("/").text

    assert "Refused" in page
    assert "/renew/" in page


def test_it_opens_an_account_by_its_ids(alice: Client) -> None:
    answer = alice.get("/", {"workspace_id": f" {WORKSPACE} ", "billing_account_id": ACCOUNT})

    assert answer.headers["Location"] == DOCUMENTED


@pytest.mark.parametrize("wrong", ["", "cus_1", "ws_../x", "ws_ä", "ws_1/2", "ws_" + "x" * 300])
def test_it_refuses_what_is_no_workspace_id_at_its_field(wrong: str, alice: Client) -> None:
    answer = alice.get("/", {"workspace_id": wrong, "billing_account_id": ACCOUNT})

    assert answer.status_code == 422
    assert html.field_error(answer, "workspace_id")
    assert html.fields(answer)["billing_account_id"] == ACCOUNT
