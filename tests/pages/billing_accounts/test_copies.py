"""Pages show copies while Altostrat is unavailable; files do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from tests.html import text, texts
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
    "aging": f"{DOCUMENTED}aging/",
    "subscriptions": f"{DOCUMENTED}subscriptions/",
    "payment methods": f"{DOCUMENTED}payment-methods/",
    "organizations": f"/workspaces/{WORKSPACE}/organizations/",
    "members": f"/workspaces/{WORKSPACE}/members/",
    "history": f"{DOCUMENTED}history/",
}
FILES = [name for name in PAGES if name not in {"workspace", "invoice", "history", "invoices of a status"}]


@pytest.fixture
def unavailable(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Yield a sandbox whose faults are removed after the test."""
    yield sandbox
    sandbox.no_faults()


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_a_copy_with_its_age(name: str, alice: Client, unavailable: Sandbox) -> None:
    before = alice.get(PAGES[name])
    unavailable.fault("status:503", "", times=None)
    answer = alice.get(PAGES[name])

    assert before.status_code == answer.status_code == 200
    assert "Based on a copy from less than a minute ago" in text(answer)
    assert "Based on a copy" not in text(before)


@pytest.mark.parametrize("name", FILES)
def test_file_is_not_made_from_a_copy(name: str, alice: Client, unavailable: Sandbox) -> None:
    address = f"{PAGES[name]}?format=csv"
    assert alice.get(address).getvalue()
    unavailable.fault("status:503", "", times=None)
    answer = alice.get(address)

    assert answer.status_code == 503
    assert "Content-Disposition" not in answer.headers


def test_page_fails_without_copies(alice: Client, unavailable: Sandbox, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 0
    alice.get(PAGES["spend"])
    unavailable.fault("status:503", "", times=None)

    assert alice.get(PAGES["spend"]).status_code == 503


def test_breadcrumbs_use_cached_names(alice: Client, carol: Client) -> None:
    address = f"{DOCUMENTED}payment-methods/"
    unread = alice.get(address)
    alice.get(DOCUMENTED)
    page = alice.get(address)

    assert ACCOUNT in texts(unread, ".crumbs a")
    assert "<title>Payment methods of ACME Corp Billing" in page.text
    assert {"ACME Corporation", "ACME Corp Billing"} <= set(texts(page, ".crumbs a"))
    assert "ACME" not in carol.get(address).text


@pytest.mark.parametrize(
    ("page", "primary", "secondary", "derived"),
    [
        (
            "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_izaumctstseorv3x/payment-methods/",
            "/payment-methods$",
            "/subscriptions$",
            "It is the default of active subscriptions.",
        ),
        (PAGES["organizations"], "/organizations$", f"/{WORKSPACE}$", "ACME Corporation"),
    ],
)
def test_copy_of_a_secondary_read_is_not_used_without_a_label(
    page: str, primary: str, secondary: str, derived: str, alice: Client, unavailable: Sandbox
) -> None:
    before = alice.get(page)
    unavailable.fault("status:503", secondary, times=None)
    without = alice.get(page)
    unavailable.fault("status:503", primary, times=None)
    copies = alice.get(page)

    assert [answer.status_code for answer in (before, without, copies)] == [200, 200, 200]
    assert "Based on a copy" not in text(without)
    assert "Based on a copy" in text(copies)
    assert derived in text(before)
    assert derived in text(copies)
    if primary == "/payment-methods$":  # the breadcrumbs have the name of the workspace
        assert derived not in text(without)
