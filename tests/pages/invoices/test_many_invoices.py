"""An account with an endless list of invoices: every page reads a part, and says so."""

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
from tests.html import attributes, facts, one, select, text
from tests.pages.addresses import panel
from tests.pages.conftest import client_of
from tests.tokens import FINANCE

BASE = "/workspaces/ws_1/billing-accounts/cus_1/"
PAGES = 10


@pytest.fixture
def alice(db: None, static_files: None, settings: Settings) -> Iterator[Client]:
    """Yield alice's browser; every page of the list has one invoice, and there is always another page."""

    def script(connection: socket.socket, number: int) -> None:
        cursor = re.search(rb"after=in_(\d+)", server.requests[number])
        count = int(cursor[1]) + 1 if cursor else 1
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


@pytest.mark.parametrize("name", ["spend", "aging"])
def test_partial_sum_says_so(name: str, alice: Client) -> None:
    (note,) = select(alice.get(f"{BASE}{name}/"), ".note-warning")

    assert f"This includes only {PAGES} of the account's invoices: the newest ones" in text(note)
    assert attributes(note, "a", "href") == [f"{BASE}{name}/?after=in_{PAGES}"]


def test_reminder_from_a_partial_list_says_so(alice: Client) -> None:
    (note,) = select(alice.get(f"{BASE}reminder/"), ".note-warning")

    assert f"Only the newest {PAGES} invoices were read" in text(note)
    assert "Older invoices may be due too, and are not included." in text(note)


def test_next_part_says_so(alice: Client) -> None:
    (note,) = select(alice.get(f"{BASE}spend/?after=in_{PAGES}"), ".note-warning")

    assert "an older part of the list" in text(note)
    assert attributes(note, "a", "href") == [f"{BASE}spend/?after=in_{2 * PAGES}", f"{BASE}spend/"]


@pytest.mark.parametrize("name", ["spend", "aging", "invoices"])
def test_partial_list_has_no_file(name: str, alice: Client) -> None:
    response = alice.get(f"{BASE}{name}/?format=csv")

    assert response.status_code == 409
    assert "No file was created" in text(response)


def test_filter_of_a_partial_list_says_so(alice: Client) -> None:
    page = text(alice.get(f"{BASE}invoices/?status=paid"))

    assert "Older invoices were not read" in page
    assert "No invoices with this status so far" in page


def test_older_invoice_is_found_in_a_second_search(alice: Client) -> None:
    first = alice.get(f"{BASE}invoices/in_15/")

    assert text(one(first, "h1")) == "Invoice not found yet"
    assert attributes(first, ".single .choices a", "href") == [f"?after=in_{PAGES}"]
    assert facts(alice.get(f"{BASE}invoices/in_15/?after=in_{PAGES}"))["Amount due"] == "$1.00 USD"


def test_page_of_the_list_has_no_total(alice: Client) -> None:
    lead = text(one(alice.get(f"{BASE}invoices/"), ".card-lead"))

    assert lead == "1 invoice on this page, newest first. Altostrat does not provide the total."


def test_headline_names_the_invoices_that_it_includes(alice: Client) -> None:
    headline = text(alice.get(panel(BASE, "headline")))

    assert "1 open invoice, $1.00 USD in the newest invoice." in headline


def test_comparison_with_an_invoice_that_was_not_reached_says_so(alice: Client) -> None:
    page = alice.get(f"{BASE}invoices/compare/?from=in_99")

    assert f"Not found among the newest {PAGES} invoices." in text(page)
    assert alice.get(f"{BASE}invoices/compare/?from=in_99&format=csv").status_code == 409


def test_comparison_finds_the_invoice_before_on_the_next_page(alice: Client) -> None:
    page = alice.get(f"{BASE}invoices/compare/?to=in_3")

    assert attributes(page, "option[selected]", "value") == ["in_4", "in_3"]
    assert "Invoice in_3: Altostrat does not provide the lines." in text(page)
