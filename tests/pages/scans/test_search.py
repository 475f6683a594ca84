"""The search: its page, what it suggests, and walks as pages without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import Scan
from tests.pages.addresses import ACCOUNTS, DOCUMENTED
from tests.plugins.processes import Sandbox

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _plenty(settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000


def built(client: Client) -> None:
    """The directory, as a browser without scripts builds it."""
    for _ in range(50):
        if client.get("/scans/directory/").status_code == 302:
            return
    raise AssertionError


def test_the_box_is_on_every_page_of_who_may_read(alice: Client) -> None:
    for address in ("/", "/tokens/", DOCUMENTED, "/search/", "/nowhere/"):
        assert 'role="search"' in alice.get(address).text, address


def test_the_box_is_not_on_a_page_of_who_may_not(mallory: Client) -> None:
    assert 'role="search"' not in mallory.get("/").text


def test_it_finds_an_account_by_its_name(alice: Client) -> None:
    built(alice)
    page = alice.get("/search/", {"q": "acme corp bill"}).text

    assert f'href="{DOCUMENTED}"' in page
    assert "less than a minute ago" in page


def test_the_box_keeps_what_was_searched_for(alice: Client) -> None:
    built(alice)

    assert 'value="&lt;acme&gt; &quot;corp"' in alice.get("/search/", {"q": '<acme> "corp'}).text
    assert 'type="search" name="q" placeholder="Name, e-mail, id or number" value=""' in alice.get("/").text


def test_it_finds_a_workspace(alice: Client) -> None:
    built(alice)

    assert f'href="{ACCOUNTS}"' in alice.get("/search/", {"q": "ws_a1b2c3d4"}).text


def test_it_finds_only_what_ones_own_token_sees(alice: Client, carol: Client) -> None:
    built(alice)
    built(carol)

    assert DOCUMENTED not in carol.get("/search/", {"q": "acme"}).text
    assert DOCUMENTED not in carol.post("/search/suggestions/", {"q": "acme"}).text


def test_what_is_posted_cannot_be_read_in_the_address(alice: Client, carol: Client) -> None:
    built(alice)
    answer = alice.post("/search/", {"q": "billing@acme.com"})
    address = answer.headers["Location"]

    assert "acme" not in address
    assert f'href="{DOCUMENTED}"' in alice.get(address).text
    assert "billing@acme.com" not in carol.get(address).text


def test_the_first_time_it_shows_how_far_it_is(alice: Client) -> None:
    page = alice.get("/search/", {"q": "acme"}).text

    assert 'hx-get="/scans/directory/?next=%2Fsearch%2F%3Fq%3Dacme"' in page
    assert "<progress" in page


def test_without_scripts_it_goes_on_by_itself_and_by_a_link(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 4
    page = alice.get("/scans/directory/", {"next": "/search/?q=acme"}).text

    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    assert 'href="/scans/directory/?next=%2Fsearch%2F%3Fq%3Dacme"' in page
    assert re.search(r"Continues in \d+ s", page)


def test_it_leads_back_at_the_end_and_nowhere_else(alice: Client) -> None:
    built(alice)

    assert alice.get("/scans/directory/?next=/search/%3Fq%3Dx").headers["Location"] == "/search/?q=x"
    assert alice.get("/scans/directory/?next=//evil.example/").headers["Location"] == "/search/"
    assert alice.get("/scans/directory/", headers=HTMX).headers["HX-Redirect"] == "/search/"


def test_it_stops_and_goes_on(alice: Client) -> None:
    alice.post("/search/suggestions/", {"q": "x"})
    Scan.objects.update(state=Scan.State.RUNNING)
    alice.post("/scans/directory/stop/", {"next": "/search/?q=acme"})
    stopped = alice.get("/search/", {"q": "acme"}).text
    answer = alice.post("/scans/directory/go-on/", {"next": "/search/?q=acme"})

    assert "Stopped. What was read so far is kept." in stopped
    assert "hx-get" not in stopped
    assert answer.headers["Location"] == "/search/?q=acme"
    assert Scan.objects.get().state == Scan.State.RUNNING


def test_it_reads_again_when_asked_to(alice: Client, sandbox: Sandbox) -> None:
    built(alice)
    alice.post("/scans/directory/again/")
    sandbox.clear()
    built(alice)

    assert sandbox.requests()


def test_an_unknown_kind_of_walk_does_not_exist(alice: Client) -> None:
    for address in ("/scans/other/", "/scans/other/stop/"):
        assert alice.post(address).status_code in {404, 405}
    assert alice.get("/scans/other/").status_code == 404


def test_the_suggestions_are_options_of_a_list(alice: Client) -> None:
    built(alice)
    part = alice.post("/search/suggestions/", {"q": "acme"}).text

    assert "<html" not in part
    key = "ws_a1b2c3d4e5f6g7h8-cus_a1b2c3d4e5f6g7h8"
    assert f'<li role="option" id="suggestion-{key}" aria-selected="false" data-href="{DOCUMENTED}">' in part
    assert 'id="suggestion-ws_a1b2c3d4e5f6g7h8"' in part
    assert "All 6 for “acme”" in part or "Search for “acme”" in part
    assert "data-again" not in part


def test_the_suggestions_build_the_directory_by_themselves(alice: Client) -> None:
    for _ in range(20):
        part = alice.post("/search/suggestions/", {"q": "acme corp b"}).text
        if "data-again" not in part:
            break

    assert DOCUMENTED in part


def test_it_says_that_nothing_is_found(alice: Client) -> None:
    built(alice)
    page = alice.get("/search/", {"q": "no such name"}).text

    assert "No workspace or account of that name or id" in page
    assert "Look into" not in page


def test_it_looks_into_accounts_when_asked(alice: Client, sandbox: Sandbox) -> None:
    built(alice)
    page = alice.get("/search/", {"q": "sub_nowhere"}).text
    address = alice.post("/search/", {"q": "sub_nowhere", "look": "yes"}).headers["Location"]

    assert "Look into" in page
    assert "Looking into the accounts" in alice.get(address).text


def test_it_asks_for_a_token_first(bob: Client) -> None:
    answer = bob.get("/search/", {"q": "acme"})

    assert answer.status_code == 424
    assert "You have not stored an Altostrat token yet" in answer.text


def test_what_is_searched_for_is_escaped(alice: Client) -> None:
    built(alice)
    for part in (
        alice.get("/search/", {"q": "<b>x1</b>"}).text,
        alice.post("/search/suggestions/", {"q": "<b>x1</b>"}).text,
    ):
        assert "<b>x1" not in part
        assert "&lt;b&gt;x1" in part


def test_an_altostrat_that_is_away_is_told(bob: Client, alice: Client, altostrat_unreachable: None) -> None:
    part = alice.get("/scans/directory/", headers=HTMX).text

    # The token was stored for another address, and does not open for this one; or nobody answers.
    assert "Altostrat" in part
