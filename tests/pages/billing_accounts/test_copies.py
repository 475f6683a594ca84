"""What pages show, and files refuse, while Altostrat is away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.plugins.processes import Sandbox

INVOICE = f"{DOCUMENTED}invoices/in_03eeae34a744be1b30023f74/"
PAGES = {
    "workspaces": "/workspaces/",
    "workspace": f"/workspaces/{WORKSPACE}/",
    "accounts": ACCOUNTS,
    "invoices": f"{DOCUMENTED}invoices/",
    "invoices of a status": f"{DOCUMENTED}invoices/?status=paid",
    "invoice": INVOICE,
    "spend": f"{DOCUMENTED}spend/",
    "ageing": f"{DOCUMENTED}ageing/",
    "subscriptions": f"{DOCUMENTED}subscriptions/",
    "payment methods": f"{DOCUMENTED}payment-methods/",
    "organizations": f"/workspaces/{WORKSPACE}/organizations/",
    "members": f"/workspaces/{WORKSPACE}/members/",
    "history": f"{DOCUMENTED}history/",
}
FILES = [name for name in PAGES if name not in {"workspace", "invoice", "history", "invoices of a status"}]


@pytest.fixture
def away(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox whose faults are over after the test."""
    yield sandbox
    sandbox.no_faults()


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("name", PAGES)
def test_a_copy_stands_in_and_says_how_old_it_is(name: str, alice: Client, away: Sandbox) -> None:
    before = alice.get(PAGES[name])
    away.fault("status:503", "", times=None)
    answer = alice.get(PAGES[name])

    assert before.status_code == answer.status_code == 200
    assert "Based on a copy from less than a minute ago" in words(answer.text)
    assert "Based on a copy" not in words(before.text)


@pytest.mark.parametrize("name", FILES)
def test_no_file_is_made_of_a_copy(name: str, alice: Client, away: Sandbox) -> None:
    address = f"{PAGES[name]}?format=csv"
    assert alice.get(address).getvalue()
    away.fault("status:503", "", times=None)
    answer = alice.get(address)

    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers


def test_without_copies_the_failure_is_told(alice: Client, away: Sandbox, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 0
    alice.get(PAGES["spend"])
    away.fault("status:503", "", times=None)

    assert alice.get(PAGES["spend"]).status_code == 503


def test_pages_below_an_account_call_it_by_the_name_it_was_read_with(alice: Client, carol: Client) -> None:
    address = f"{DOCUMENTED}payment-methods/"
    unread = alice.get(address).text
    alice.get(DOCUMENTED)
    page = alice.get(address).text

    assert f"<code>{ACCOUNT}</code></a></li>" in unread
    assert "<title>Payment methods of ACME Corp Billing" in page
    assert ">ACME Corporation</a></li>" in page
    assert "ACME" not in carol.get(address).text
