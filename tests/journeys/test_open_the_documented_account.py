"""Sign in and open the account of Altostrat's documentation."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal
from tests.tokens import FINANCE

SignIn = Callable[[Page, str], None]

FIELDS = {
    "Name": "ACME Corp Billing",
    "Email": "billing@acme.com",
    "Phone": "+1 555-123-4567",
    "Description": "For US-based operations",
    "Currency": "USD US Dollar",
    "Address line 1": "123 Main Street",
    "Address line 2": "Suite 456",
    "City": "San Francisco",
    "State or province": "CA",
    "Postal code": "94105",
    "Country": "United States US",
    "Billing account ID": "cus_a1b2c3d4e5f6g7h8",
    "Workspace ID": "ws_a1b2c3d4e5f6g7h8",
    "Created": "29 Oct 2025, 00:40:06\u00a0UTC",
    "Updated": "29 Oct 2025, 00:40:06\u00a0UTC",
}


@pytest.fixture
def newcomer(portal: Portal) -> str:
    """Return a new viewer."""
    name = f"newcomer-{uuid4().hex[:8]}"
    portal.staff(name, "viewer")
    return name


def test_new_person_stores_a_token_and_sees_every_field(
    newcomer: str, portal: Portal, sign_in: SignIn, page: Page
) -> None:
    sign_in(page, newcomer)
    page.goto(portal.url)
    page.get_by_role("main").get_by_role("link", name="Store a token").click()
    page.get_by_role("textbox", name="Altostrat token").fill(FINANCE)
    page.get_by_role("button", name="Store and verify").click()
    expect(page.get_by_text("It can access 13 workspaces")).to_be_visible()
    page.get_by_role("link", name="Home").first.click()
    page.get_by_role("link", name="ACME Corporation").click()
    page.get_by_role("link", name="ACME Corp Billing").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("ACME Corp Billing")
    for label, value in FIELDS.items():
        fact = page.locator("#details dl > div", has=page.get_by_text(label, exact=True)).first
        expect(fact.locator("dd")).to_contain_text(value)
    address = page.locator("address")
    expect(address).to_have_text("123 Main StreetSuite 456San Francisco, CA 94105United States")


def test_account_is_two_clicks_from_home(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    page.goto(portal.url)
    page.get_by_role("link", name="ACME Corporation").click()
    page.get_by_role("link", name="ACME Corp Billing").click()

    page.wait_for_url(f"{portal.url}{DOCUMENTED}")


def test_person_with_another_token_cannot_see_it(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "carol")
    answer = page.goto(f"{portal.url}{DOCUMENTED}")

    assert answer is not None
    assert answer.status in {403, 404}
    assert "ACME" not in page.content()


def test_person_without_a_token_can_store_one_on_the_same_page(
    newcomer: str, portal: Portal, sign_in: SignIn, page: Page
) -> None:
    sign_in(page, newcomer)
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.get_by_role("textbox", name="Altostrat token").fill(FINANCE)
    page.get_by_role("button", name="Store and verify").click()

    page.wait_for_url(f"{portal.url}{DOCUMENTED}")
    expect(page.get_by_role("heading", level=1)).to_have_text("ACME Corp Billing")


def test_sign_in_returns_to_the_account(portal: Portal, page: Page) -> None:
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password", exact=True).fill(portal.passwords["alice"])
    page.keyboard.press("Enter")

    page.wait_for_url(f"{portal.url}{DOCUMENTED}")
