"""The previous and the next account of the queue from which an account was opened."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests import html
from tests.pages.addresses import DOCUMENTED

HTMX = {"HX-Request": "true"}


def opened_from(client: Client, address: str) -> list[str]:
    """Return the addresses of the accounts on the page of a queue, in its order."""
    return html.attributes(client.get(address), ".row-main a", "href")


def neighbors(client: Client, address: str) -> dict[str, str]:
    """Return the addresses of the neighbors, as the page of an account loads them."""
    parts = urlsplit(address)
    part = client.get(f"{parts.path}neighbors/?{parts.query}", headers=HTMX)
    assert part.status_code == 200
    return {str(link.attributes["rel"]): str(link.attributes["href"]) for link in html.select(part, "a[rel]")}


@pytest.mark.parametrize("query", ["", "?sort=-name", "?sort=name&q=-acme", "?sort=-owed", "?sort=-noted_at"])
def test_neighbors_follow_the_order_of_the_queue(query: str, carol_scanned: Client) -> None:
    accounts = opened_from(carol_scanned, f"/queues/all/{query}")

    assert len(accounts) >= 3
    for number, address in enumerate(accounts):
        expected = {}
        if number:
            expected["prev"] = accounts[number - 1]
        if number + 1 < len(accounts):
            expected["next"] = accounts[number + 1]
        assert neighbors(carol_scanned, address) == expected


def test_reminders_follow_the_queue_of_past_due_accounts(alice: Client) -> None:
    page = alice.get(f"{DOCUMENTED}reminder/?queue=past-due")
    assert html.attributes(page, ".neighbors", "hx-get") == [
        f"{DOCUMENTED}neighbors/?queue=past-due&of=reminder"
    ]
    assert not html.select(alice.get(f"{DOCUMENTED}reminder/"), ".neighbors")

    part = alice.get(f"{DOCUMENTED}neighbors/?queue=past-due", headers=HTMX)
    assert f"{DOCUMENTED}reminder/?queue=past-due" in html.attributes(part, "a", "href")


def test_reminder_leads_to_the_reminders_of_its_neighbors(carol_scanned: Client) -> None:
    first, second, *_ = opened_from(carol_scanned, "/queues/all/")
    parts = urlsplit(first)
    part = carol_scanned.get(f"{parts.path}neighbors/?{parts.query}&of=reminder", headers=HTMX)

    expected = second.replace("?", "reminder/?")
    assert html.attributes(part, "a[rel=next]", "href") == [expected]
    assert first in html.attributes(part, "a", "href")


def test_account_page_loads_the_neighbors_on_request(carol_scanned: Client) -> None:
    (first, *_) = opened_from(carol_scanned, "/queues/all/?sort=-name")
    page = carol_scanned.get(first)
    (part,) = html.select(page, ".neighbors")

    assert part.attributes["hx-get"] == f"{urlsplit(first).path}neighbors/?queue=all&sort=-name"
    assert html.attributes(page, '.head a[href*="queue=all"]', "href") == ["?queue=all&sort=-name"]
    assert not html.select(carol_scanned.get(urlsplit(first).path), ".neighbors")


def test_link_of_a_colleague_uses_the_own_queue(carol_scanned: Client, alice: Client) -> None:
    (first, *_) = opened_from(carol_scanned, "/queues/all/")
    parts = urlsplit(first)
    part = alice.get(f"{parts.path}neighbors/?{parts.query}", headers=HTMX)

    assert html.text(part) == "Not in your queue All accounts"
    assert not html.select(part, "a[rel]")


def test_unknown_queue_and_plain_requests(alice: Client) -> None:
    assert alice.get(f"{DOCUMENTED}neighbors/?queue=none", headers=HTMX).status_code == 404
    assert not html.select(alice.get(f"{DOCUMENTED}?queue=none"), ".neighbors")
    answer = alice.get(f"{DOCUMENTED}neighbors/?queue=all&sort=name&other=1")
    assert answer.headers["Location"] == f"{DOCUMENTED}?queue=all&sort=name"
