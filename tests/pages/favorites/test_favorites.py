"""Favorite and recently opened accounts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Favorite, User
from billing.roles import Role
from billing.services.billing_accounts import favorites
from tests import html
from tests.pages.addresses import DOCUMENTED, WORKSPACE, failing
from tests.pages.conftest import client_of
from tests.tokens import FINANCE

LIST = "/favorites/"
STAR = f"{DOCUMENTED}favorite/"
HTMX = {"HX-Request": "true"}


def links(client: Client) -> list[tuple[str, str]]:
    """Return the texts and addresses in the list."""
    found = html.select(client.get(LIST), ".links a")
    return [(html.text(link), str(link.attributes["href"])) for link in found]


def test_star_adds_and_removes_a_favorite(alice: Client) -> None:
    assert html.attributes(alice.get(DOCUMENTED), "#favorite", "aria-pressed") == ["false"]
    button = alice.post(STAR, {"on": "1"}, headers=HTMX)

    assert html.attributes(button, "#favorite", "aria-pressed") == ["true"]
    assert html.attributes(alice.get(DOCUMENTED), "#favorite", "aria-pressed") == ["true"]
    assert html.texts(alice.get(LIST), "h3") == ["Favorites", "Recently opened"]
    assert links(alice) == [("ACME Corp Billing", DOCUMENTED)] * 2
    answer = alice.post(STAR, {"on": ""})
    assert answer.headers["Location"] == DOCUMENTED
    assert html.texts(alice.get(LIST), "h3") == ["Recently opened"]


def test_favorites_are_ids_and_belong_to_one_person(alice: Client, carol: Client) -> None:
    alice.post(STAR, {"on": "1"})
    alice.post(STAR, {"on": "1"})
    (row,) = Favorite.objects.values_list()

    assert "ACME" not in str(row)
    assert links(carol) == []
    assert html.texts(carol.get(LIST), ".nothing-title") == ["No accounts yet"]


def test_favorite_without_a_known_name_shows_its_id(alice: Client) -> None:
    alice.post(STAR, {"on": "1"})

    assert links(alice) == [("cus_a1b2c3d4e5f6g7h8", DOCUMENTED)]


def test_malformed_ids_are_not_stored(alice: Client) -> None:
    for address in (
        "/workspaces/x/billing-accounts/cus_1/favorite/",
        f"/workspaces/{WORKSPACE}/billing-accounts/x/favorite/",
    ):
        assert alice.post(address, {"on": "1"}).status_code == 404
    assert not Favorite.objects.exists()


def test_number_of_favorites_is_limited(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favorites, "MAX_FAVORITES", 0)
    button = alice.post(STAR, {"on": "1"}, headers=HTMX)

    assert html.attributes(button, "#favorite", "aria-pressed") == ["false"]
    assert html.select(button, "[role=alert]")


def test_recently_opened_accounts_are_those_of_the_person(alice: Client) -> None:
    erin = client_of("erin", Role.EDITOR, FINANCE)
    alice.get(DOCUMENTED)
    alice.get(failing("missing"))
    erin.get(failing("nulls"))

    assert [address for _, address in links(alice)] == [DOCUMENTED]
    assert [address for _, address in links(erin)] == [failing("nulls")]


def test_list_makes_no_write(alice: Client) -> None:
    alice.get(DOCUMENTED)
    alice.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        alice.get(LIST, headers=HTMX)

    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_favorites_of_a_deleted_person_are_deleted(alice: Client) -> None:
    alice.post(STAR, {"on": "1"})
    User.objects.filter(username="alice").delete()

    assert not Favorite.objects.exists()
