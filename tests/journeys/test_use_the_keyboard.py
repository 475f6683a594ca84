"""Use the portal without a mouse, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.addresses import ACCOUNTS, DOCUMENTED
from tests.plugins.chromium import watched_page
from tests.plugins.processes import Portal, Sandbox

SignIn = Callable[[Page, str], None]


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''")
        if name in focused:
            return
    raise AssertionError(f"Tab never reaches {name}")


def _tab_to_field(page: Page, label: str) -> None:
    """Press Tab until the field with this label has the focus, which selects its content."""
    field = page.get_by_label(label)
    for _ in range(60):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {label}")


def test_account_can_be_reached_without_a_mouse(portal: Portal, page: Page) -> None:
    page.goto(f"{portal.url}/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(portal.passwords["alice"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="ACME Corporation")).to_be_visible()
    for name, address in (("ACME Corporation", ACCOUNTS), ("ACME Corp Billing", DOCUMENTED)):
        _tab_to(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{portal.url}{address}")

    expect(page.get_by_role("heading", level=1)).to_have_text("ACME Corp Billing")


def test_account_can_be_found_read_and_changed_without_a_mouse(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox
) -> None:
    sign_in(page, "alice")
    page.keyboard.press("/")
    page.keyboard.type("acme corp billing")
    expect(page.get_by_role("option", name=re.compile("^ACME Corp Billing"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}{DOCUMENTED}")

    _tab_to(page, "Reload subscriptions")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("Refreshed")
    expect(page.get_by_role("link", name="Reload subscriptions")).to_be_focused()

    page.reload()
    _tab_to(page, "Edit")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}{DOCUMENTED}edit/")
    _tab_to_field(page, "Phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    _tab_to_field(page, "Phone")
    page.keyboard.type("+14155550199")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Phone")).to_contain_text("+14155550199")

    _tab_to_field(page, "Reason")
    page.keyboard.type("They moved")
    _tab_to(page, "Save changes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account updated")
    assert [row["body"] for row in fresh_sandbox.writes()] == [{"phone": "+14155550199"}]


def test_first_tab_offers_to_skip_to_the_content(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_focus_is_visible(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    _tab_to(page, "My tokens")

    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_escape_closes_the_menu_of_the_person(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    summary = page.locator("details.person > summary")
    summary.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_focus_moves_to_the_message_of_an_invalid_form(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "bob")
    page.goto(f"{portal.url}/tokens/")
    page.get_by_label("Altostrat token").fill("not a token")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    field = page.get_by_label("Altostrat token")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert "id_token_error" in (field.get_attribute("aria-describedby") or "")


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    """Yield a page with JavaScript disabled."""
    with watched_page(browser, java_script_enabled=False) as opened:
        yield opened


def test_pages_work_without_scripts(portal: Portal, sign_in: SignIn, scriptless: Page) -> None:
    sign_in(scriptless, "alice")
    scriptless.goto(portal.url)
    scriptless.get_by_role("link", name="View workspaces").click()
    scriptless.get_by_role("link", name="ACME Corporation").click()
    scriptless.get_by_role("link", name="ACME Corp Billing").click()
    scriptless.get_by_role("link", name="Refresh").click()

    expect(scriptless.get_by_role("heading", level=1)).to_have_text("ACME Corp Billing")
    expect(scriptless.get_by_text("billing@acme.com").first).to_be_visible()


def test_person_can_sign_out_without_scripts(portal: Portal, sign_in: SignIn, scriptless: Page) -> None:
    sign_in(scriptless, "alice")
    scriptless.locator("details.person > summary").click()
    scriptless.get_by_role("button", name="Sign out").click()

    expect(scriptless.get_by_text("You have signed out.")).to_be_visible()
