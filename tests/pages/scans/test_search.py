"""The search, its suggestions, and scans in browsers without scripts."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import Scan
from billing.services.scans import sealed_query
from tests.html import attributes, field_value, one, select, text
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.plugins.processes import Sandbox

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _plenty(settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000


def read_list(client: Client) -> None:
    """Read the list of accounts, as a browser without scripts does."""
    for _ in range(50):
        if client.get("/scans/directory/").status_code == 302:
            return
    raise AssertionError


def test_search_box_is_on_every_page(alice: Client) -> None:
    for address in ("/", "/tokens/", DOCUMENTED, "/search/", "/nowhere/"):
        assert select(alice.get(address), "form[role=search]"), address


def test_search_box_needs_permission(mallory: Client) -> None:
    assert not select(mallory.get("/"), "form[role=search]")


def test_account_is_found_by_name(alice: Client) -> None:
    read_list(alice)
    page = alice.get("/search/", {"q": "acme corp bill"})

    assert attributes(page, "td.row-main a", "href") == [DOCUMENTED]
    assert "Results for “acme corp bill” 1 account, 0 workspaces" in text(page)
    assert "less than a minute ago" in text(page)


@pytest.mark.parametrize(
    "words", [f"{WORKSPACE} {ACCOUNT}", f" {WORKSPACE}/{ACCOUNT}", f"{WORKSPACE}, {ACCOUNT}"]
)
def test_account_opens_by_the_ids_of_its_workspace_and_its_own(words: str, alice: Client) -> None:
    assert alice.get("/search/", {"q": words}).headers["Location"] == DOCUMENTED


def test_search_box_keeps_the_query(alice: Client) -> None:
    read_list(alice)

    assert field_value(one(alice.get("/search/", {"q": '<acme> "corp'}), "#search-box")) == '<acme> "corp'
    assert field_value(one(alice.get("/"), "#search-box")) == ""


@pytest.mark.parametrize("words", ['country:"South Africa"', "-status:active", "acme ID:cus_a1b2"])
def test_filter_opens_the_list_of_accounts(words: str, alice: Client) -> None:
    read_list(alice)
    answer = alice.get("/search/", {"q": words})

    assert answer.headers["Location"] == f"/queues/?{urlencode({'q': words})}"
    suggested = text(alice.post("/search/suggestions/", {"q": words}))
    assert f"List the accounts with “{words}”" in suggested
    assert "No workspace or account" not in suggested


@pytest.mark.parametrize("words", ["acme corp", "note: acme", "https://portal.example/queues/", "foo:bar"])
def test_other_texts_are_no_filter(words: str, alice: Client) -> None:
    read_list(alice)

    assert alice.get("/search/", {"q": words}).status_code == 200


def test_workspace_is_found_by_id(alice: Client) -> None:
    read_list(alice)

    assert ACCOUNTS in attributes(alice.get("/search/", {"q": "ws_a1b2c3d4"}), "td.row-main a", "href")


def test_results_are_limited_to_own_tokens(alice: Client, carol: Client) -> None:
    read_list(alice)
    read_list(carol)

    assert DOCUMENTED not in carol.get("/search/", {"q": "acme"}).text
    assert DOCUMENTED not in carol.post("/search/suggestions/", {"q": "acme"}).text


def test_posted_query_is_sealed_in_the_url(alice: Client, carol: Client) -> None:
    read_list(alice)
    answer = alice.post("/search/", {"q": "billing@acme.com"})
    address = answer.headers["Location"]

    assert "acme" not in address
    assert DOCUMENTED in attributes(alice.get(address), "td.row-main a", "href")
    # A colleague who gets the link sees the same query, and what carol's own tokens can access.
    page = carol.get(address)
    assert "Results for “billing@acme.com” 0 accounts, 0 workspaces" in text(page)
    assert DOCUMENTED not in page.text


def test_link_to_a_search_finds_for_a_colleague(alice: Client, carol: Client, db: None) -> None:
    read_list(carol)
    address = alice.post("/search/", {"q": "prairie rural"}).headers["Location"]

    assert "Prairie Rural Clinics" in text(carol.get(address))


def test_link_that_cannot_be_opened_says_so(alice: Client) -> None:
    read_list(alice)
    sealed_for_another_purpose = sealed_query.seal("acme", "queue-page")

    for value in ("nonsense", sealed_for_another_purpose):
        assert "This link is incomplete or no longer valid." in text(alice.get("/search/", {"s": value}))
    assert "no longer valid" not in text(alice.get("/search/"))


def test_first_search_shows_progress(alice: Client) -> None:
    page = alice.get("/search/", {"q": "acme"})

    assert attributes(page, ".scan", "hx-get") == ["/scans/directory/?next=%2Fsearch%2F%3Fq%3Dacme"]
    assert select(page, "progress")


def test_scan_continues_without_scripts(alice: Client, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 4
    page = alice.get("/scans/directory/", {"next": "/search/?q=acme"})

    (seconds,) = attributes(page, "noscript meta[http-equiv=refresh]", "content")
    assert int(seconds) > 0
    assert "/scans/directory/?next=%2Fsearch%2F%3Fq%3Dacme" in attributes(page, "a", "href")
    assert re.search(r"Continuing in \d+ s", text(page))


def test_finished_scan_redirects_within_the_site(alice: Client) -> None:
    read_list(alice)

    assert alice.get("/scans/directory/?next=/search/%3Fq%3Dx").headers["Location"] == "/search/?q=x"
    assert alice.get("/scans/directory/?next=//evil.example/").headers["Location"] == "/search/"
    assert alice.get("/scans/directory/", headers=HTMX).headers["HX-Redirect"] == "/search/"


def test_scan_can_be_stopped_and_resumed(alice: Client) -> None:
    alice.post("/search/suggestions/", {"q": "x"})
    Scan.objects.update(state=Scan.State.RUNNING)
    alice.post("/scans/directory/stop/", {"next": "/search/?q=acme"})
    stopped = alice.get("/search/", {"q": "acme"})
    answer = alice.post("/scans/directory/resume/", {"next": "/search/?q=acme"})

    assert "Stopped. Results so far are kept." in text(stopped)
    assert not select(stopped, "main [hx-get]")
    assert answer.headers["Location"] == "/search/?q=acme"
    assert Scan.objects.get().state == Scan.State.RUNNING


def test_scan_can_be_restarted(alice: Client, sandbox: Sandbox) -> None:
    read_list(alice)
    alice.post("/scans/directory/restart/")
    sandbox.clear()
    read_list(alice)

    assert sandbox.requests()


def test_unknown_kind_of_scan_does_not_exist(alice: Client) -> None:
    for address in ("/scans/other/", "/scans/other/stop/"):
        assert alice.post(address).status_code in {404, 405}
    assert alice.get("/scans/other/").status_code == 404


def test_suggestions_are_options(alice: Client) -> None:
    read_list(alice)
    part = alice.post("/search/suggestions/", {"q": "acme"})
    options = {node.attributes["id"]: node for node in select(part, "li[role=option]")}
    account = options["suggestion-ws_a1b2c3d4e5f6g7h8-cus_a1b2c3d4e5f6g7h8"]

    assert "<html" not in part.text
    assert account.attributes["aria-selected"] == "false"
    assert account.attributes["data-href"] == DOCUMENTED
    assert "suggestion-ws_a1b2c3d4e5f6g7h8" in options
    assert text(options["suggestion-all"]) == "Search for “acme”"
    assert not select(part, "[data-repeat-after]")


def test_suggestions_advance_the_scan(alice: Client) -> None:
    for _ in range(20):
        part = alice.post("/search/suggestions/", {"q": "acme corp b"}).text
        if "data-repeat-after" not in part:
            break

    assert DOCUMENTED in part


def test_search_without_results_says_so(alice: Client) -> None:
    read_list(alice)
    page = text(alice.get("/search/", {"q": "no such name"}))

    assert "No workspace or account has this name or ID" in page


def test_search_needs_a_token(bob: Client) -> None:
    answer = bob.get("/search/", {"q": "acme"})

    assert answer.status_code == 424
    assert "You have not stored an Altostrat token" in answer.text


def test_query_is_escaped(alice: Client) -> None:
    read_list(alice)
    for part in (
        alice.get("/search/", {"q": "<b>x1</b>"}).text,
        alice.post("/search/suggestions/", {"q": "<b>x1</b>"}).text,
    ):
        assert "<b>x1" not in part
        assert "&lt;b&gt;x1" in part


def test_unavailable_altostrat_is_reported(bob: Client, alice: Client, altostrat_unreachable: None) -> None:
    part = alice.get("/scans/directory/", headers=HTMX).text

    # The token was sealed for another URL and does not open, or nothing answers.
    assert "Altostrat" in part
