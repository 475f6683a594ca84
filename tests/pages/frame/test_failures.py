"""Every row of the failure table, as a page and as a part of a page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AltostratToken, User
from billing.services.actor import Actor, Door, granted_to
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from tests import html
from tests.pages.addresses import DOCUMENTED, failing, panel
from tests.tokens import FINANCE

ROWS = [
    ("unauthorized", 424, "Altostrat rejected your token"),
    ("forbidden", 403, "Your token does not have access"),
    ("missing", 404, "Not found in Altostrat"),
    ("invalid", 422, "Altostrat refused the request"),
    ("ratelimited", 429, "Too many requests to Altostrat"),
    ("ratelimited_nohint", 429, "Too many requests to Altostrat"),
    ("unavailable", 503, "Altostrat is unavailable"),
    ("error500", 502, "Altostrat had an error"),
    ("error502", 502, "Altostrat had an error"),
    ("error504", 502, "Altostrat had an error"),
    ("redirect", 502, "cannot be used"),
    ("notjson", 502, "cannot be used"),
    ("badjson", 502, "cannot be used"),
    ("nan", 502, "cannot be used"),
    ("duplicate", 502, "cannot be used"),
    ("huge", 502, "cannot be used"),
    ("bomb", 502, "cannot be used"),
    ("otheraccount", 502, "cannot be used"),
    ("otherworkspace", 502, "cannot be used"),
    ("slow", 504, "did not respond in time"),
    ("dripping", 504, "did not respond in time"),
]


@pytest.mark.parametrize(("name", "status", "title"), ROWS, ids=[row[0] for row in ROWS])
def test_it_says_what_failed_whether_anything_changed_and_the_request_id(
    name: str, status: int, title: str, alice: Client
) -> None:
    answer = alice.get(panel(failing(name), "details"))

    assert answer.status_code == status
    assert title in answer.text
    assert "Nothing was changed." in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize(("name", "status"), [("missing", 404), ("error500", 502), ("unauthorized", 424)])
def test_it_gives_htmx_a_panel_with_the_same_status(name: str, status: int, alice: Client) -> None:
    answer = alice.get(failing(name), headers={"HX-Request": "true"})

    assert answer.status_code == status
    assert answer.text.lstrip().startswith('<div class="failure-panel"')
    assert "<html" not in answer.text
    assert "<h1" not in answer.text


def test_it_passes_on_how_long_to_wait(alice: Client) -> None:
    answer = alice.get(failing("unavailable"))

    assert answer.headers["Retry-After"] == "20"
    assert "Try again in 20 seconds." in answer.text


def test_it_says_when_a_rate_limit_ends(alice: Client) -> None:
    answer = alice.get(failing("ratelimited"))

    assert answer.headers["Retry-After"] == "30"
    assert "Try again in 30 seconds." in answer.text


def test_it_names_altostrats_own_request(alice: Client) -> None:
    assert html.facts(alice.get(failing("error500")))["Altostrat’s request id"]


def test_it_puts_altostrats_words_between_ours(alice: Client) -> None:
    assert "own words" in alice.get(failing("missing")).text


@pytest.mark.parametrize("name", ["error500", "unavailable", "notjson"])
def test_it_offers_to_try_again(name: str, alice: Client) -> None:
    assert f'href="{failing(name)}"' in alice.get(failing(name)).text


def test_it_says_that_altostrat_cannot_be_reached(
    alice: Client, settings: Settings, altostrat_unreachable: None
) -> None:
    AltostratToken.objects.all().delete()
    _store_anew()
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 502
    assert "Altostrat cannot be reached" in answer.text


def _store_anew() -> None:
    """Tokens are bound to the API's origin, which the test has moved."""
    user = User.objects.get(username="alice")
    token_changes.save(Actor(user, Door.COMMAND, granted_to(user)), text=FINANCE, label="again", verify=False)


def test_it_offers_the_form_to_store_a_token(bob: Client) -> None:
    answer = bob.get(DOCUMENTED)

    assert answer.status_code == 424
    assert 'action="/tokens/"' in answer.text
    assert f'name="next" value="{DOCUMENTED}"' in answer.text


def test_it_offers_once_to_renew_a_refused_token_and_keeps_the_person_signed_in(alice: Client) -> None:
    answer = alice.get(failing("unauthorized"))
    token = AltostratToken.objects.get()

    assert answer.text.count(f'action="/tokens/{token.pk}/renew/"') == 1
    assert token.status == AltostratToken.Status.REFUSED
    assert alice.get("/").status_code == 200


def test_it_answers_500_when_the_vault_does_not_open(alice: Client, settings: Settings) -> None:
    settings.VAULT_KEYS = "test:" + "A" * 43 + "="
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 500
    assert "Your Altostrat token cannot be decrypted" in answer.text
    assert key_ring.key_ring()


@pytest.mark.parametrize(
    "address",
    [
        "/workspaces/x/",
        "/workspaces/ws_%2e%2e/",
        "/workspaces/ws_1/billing-accounts/acct_1/",
        "/workspaces/ws_1/billing-accounts/cus_a%00b/",
        "/workspaces/ws_1/billing-accounts/cus_é/",
        "/nowhere/",
    ],
)
def test_it_answers_404_to_an_address_that_cannot_be(address: str, alice: Client) -> None:
    answer = alice.get(address)

    assert answer.status_code == 404
    assert "<h1" in answer.text
