"""An account whose invoices never end: every page stops somewhere, says so, and offers to go on."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from billing.roles import Role
from billing.services.tokens import upstream
from tests.altostrat.upstream import Upstream, answer
from tests.pages.addresses import panel
from tests.pages.conftest import client_of
from tests.pages.invoices.test_invoices import words
from tests.tokens import FINANCE

BASE = "/workspaces/ws_1/billing-accounts/cus_1/"
PAGES = 10


@pytest.fixture
def alice(db: None, static_files: None, settings: Settings) -> Iterator[Client]:
    """Her account has one invoice a page, and always one more."""

    def script(connection: socket.socket, number: int) -> None:
        asked = re.search(rb"after=in_(\d+)", server.requests[number])
        count = int(asked[1]) + 1 if asked else 1
        month = f"{2026 - count // 12}-{12 - count % 12:02}-15T10:00:00Z"
        row = {"id": f"in_{count}", "status": "open", "currency": "usd", "total": 100, "amount_due": 100}
        page = {"data": [{**row, "created_at": month, "due_date": month}], "has_more": True}
        connection.sendall(answer(json.dumps(page).encode()))

    server = Upstream(script)
    settings.ALTOSTRAT_API_URL = server.url
    upstream.transport.cache_clear()
    yield client_of("alice", Role.EDITOR, FINANCE)
    server.close()
    upstream.transport.cache_clear()


@pytest.mark.parametrize("name", ["spend", "ageing"])
def test_a_sum_of_a_part_says_that_it_is_one(name: str, alice: Client) -> None:
    page = alice.get(f"{BASE}{name}/").text

    assert f"This counts {PAGES} invoices and not all of the account" in words(page)
    assert f'href="{BASE}{name}/?after=in_{PAGES}"' in page


def test_the_next_part_says_that_it_is_one_too(alice: Client) -> None:
    page = alice.get(f"{BASE}spend/?after=in_{PAGES}").text

    assert "those behind an earlier part" in words(page)
    assert "From the newest" in words(page)
    assert f'href="{BASE}spend/?after=in_{2 * PAGES}"' in page


@pytest.mark.parametrize("name", ["spend", "ageing", "invoices"])
def test_no_file_is_made_of_a_part(name: str, alice: Client) -> None:
    answered = alice.get(f"{BASE}{name}/?format=csv")

    assert answered.status_code == 409
    assert "No file was created" in words(answered.text)


def test_a_filter_says_what_it_did_not_look_at(alice: Client) -> None:
    page = words(alice.get(f"{BASE}invoices/?status=paid").text)

    assert "Older ones were not read" in page
    assert "No such invoice so far" in page


def test_an_invoice_beyond_is_not_found_so_far_and_then_found(alice: Client) -> None:
    first = alice.get(f"{BASE}invoices/in_15/").text

    assert "Not found so far" in words(first)
    assert f'href="?after=in_{PAGES}"' in first
    assert "Amount due $1.00 USD" in words(alice.get(f"{BASE}invoices/in_15/?after=in_{PAGES}").text)


def test_a_page_of_the_list_invents_no_total(alice: Client) -> None:
    page = words(alice.get(f"{BASE}invoices/").text)

    assert "Altostrat does not tell how many there are" in page
    assert "all there are" not in page


def test_the_headline_says_where_it_looked(alice: Client) -> None:
    text = words(alice.get(panel(BASE, "headline")).text)

    assert "1 open invoice, $1.00 USD in the newest invoice." in text
