"""Reload panels, use copy buttons, choose a theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.addresses import ACCOUNTS, DOCUMENTED, failing, panel
from tests.plugins.chromium import browser_context, watched_page
from tests.plugins.processes import Portal, Sandbox

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]


@pytest.fixture
def account(portal: Portal, sign_in: SignIn, page: Page) -> Page:
    """Open the page of the documented account as alice."""
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}")
    return page


@pytest.fixture
def dark(browser: Browser) -> Iterator[Page]:
    """Yield a page for a person whose system is dark."""
    with watched_page(browser, color_scheme="dark") as opened:
        yield opened


def test_refresh_replaces_only_its_panel(account: Page) -> None:
    before = account.locator("#details .as-of time").get_attribute("datetime")
    account.evaluate("window.stillHere = true")
    account.get_by_role("link", name="Reload details").click()

    expect(account.locator("#announcer")).to_have_text("Refreshed")
    assert account.locator("#details .as-of time").get_attribute("datetime") != before
    assert account.evaluate("window.stillHere")
    assert account.locator("main main, html html").count() == 0


def test_refresh_button_keeps_the_focus(account: Page) -> None:
    account.get_by_role("link", name="Reload details").press("Enter")
    expect(account.locator("#announcer")).to_have_text("Refreshed")

    expect(account.get_by_role("link", name="Reload details")).to_be_focused()


def test_invoice_expands_on_a_phone(account: Page, axe: Axe) -> None:
    account.set_viewport_size({"width": 390, "height": 844})
    invoices = account.get_by_role("region", name="Invoices")
    invoices.locator("summary").first.press("Enter")

    expect(invoices.get_by_text("Amount paid").first).to_be_visible()
    expect(invoices.get_by_role("link", name="PDF (another site, in a new tab)").first).to_be_visible()
    assert account.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(account) == []


def test_headline_follows_its_panels(account: Page, sandbox: Sandbox) -> None:
    sandbox.fault("status:403", "/invoices", times=None)
    status = account.get_by_role("region", name="Account status")
    try:
        account.reload()
        expect(status).to_contain_text("Can't determine whether anything is overdue", timeout=30_000)
    finally:
        sandbox.no_faults()
    account.locator("#invoices").get_by_role("link", name="Try again").click()

    expect(status).to_contain_text("Paying: 1 active subscription, nothing overdue.")
    expect(status).not_to_contain_text("Can't determine")
    account.get_by_text("Ticket summary and API calls").click()
    expect(account.locator("#ticket pre")).to_contain_text("Paying: 1 active subscription")


def test_missing_data_in_the_headline_can_be_requested_again_there(account: Page, sandbox: Sandbox) -> None:
    sandbox.fault("status:403", "/payment-methods", times=None)
    status = account.get_by_role("region", name="Account status")
    try:
        account.reload()
        expect(status.get_by_role("link", name="Try again")).to_be_visible(timeout=30_000)
    finally:
        sandbox.no_faults()
    status.get_by_role("link", name="Try again").click()

    expect(status).to_contain_text("Paying: 1 active subscription, nothing overdue.")
    expect(status.get_by_role("link", name="Try again")).to_have_count(0)


def test_failed_reload_shows_in_its_panel(account: Page, portal: Portal) -> None:
    account.get_by_role("link", name="Reload details").evaluate(
        "(link, address) => link.setAttribute('hx-get', address)", panel(failing("error500"), "details")
    )
    account.get_by_role("link", name="Reload details").click()

    expect(account.locator("#details .panel-failure-title")).to_have_text("Altostrat had an error")
    expect(account.locator("#announcer")).to_have_text("Details: Altostrat had an error")
    assert account.locator("h1").count() == 1
    expect(account.locator("#details-panel")).not_to_contain_text("billing@acme.com")


def test_unreachable_portal_shows_in_the_panel(account: Page, browser: Browser, portal: Portal) -> None:
    # A page without checks of the console, where htmx correctly logs the error.
    with browser_context(browser, storage_state=account.context.storage_state()) as context:
        page = context.new_page()
        page.goto(f"{portal.url}{DOCUMENTED}")
        context.set_offline(True)
        page.get_by_role("link", name="Reload details").click()

        expect(page.locator("#details-panel")).to_have_text(
            "The portal did not respond. Nothing was changed. Reload the page in a moment."
        )


def test_expired_session_redirects_to_sign_in_and_back(account: Page, portal: Portal) -> None:
    account.context.clear_cookies()
    account.get_by_role("link", name="Reload details").click()

    account.wait_for_url(f"{portal.url}/accounts/sign-in/?next={DOCUMENTED}")
    expect(account.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_copy_button_copies_and_confirms_it(account: Page, portal: Portal) -> None:
    account.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    account.get_by_role("button", name="Copy Billing account ID").click()

    expect(account.locator("#announcer")).to_have_text("Copied")
    assert account.evaluate("navigator.clipboard.readText()") == "cus_a1b2c3d4e5f6g7h8"


def test_copy_button_works_without_clipboard_access(account: Page) -> None:
    account.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('denied')))")
    account.get_by_role("button", name="Copy Billing account ID").click()

    expect(account.locator("#announcer")).to_have_text("Copied")


def test_copy_button_works_in_a_reloaded_panel(account: Page) -> None:
    account.get_by_role("link", name="Reload details").click()
    expect(account.locator("#announcer")).to_have_text("Refreshed")

    expect(account.get_by_role("button", name="Copy Workspace ID")).to_be_visible()


def test_spend_is_shown_as_a_table_on_request(account: Page, axe: Axe) -> None:
    spend = account.get_by_role("region", name="Spend")
    spend.get_by_role("link", name="Show as a table").press("Enter")

    expect(spend.get_by_role("rowheader", name="Total")).to_be_visible()
    expect(spend.locator("summary").first).to_be_focused()
    assert axe(account) == []


def test_theme_follows_the_system(dark: Page, portal: Portal) -> None:
    dark.goto(f"{portal.url}/accounts/sign-in/")

    assert dark.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 26, 38)"


def test_chosen_theme_is_remembered(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/accounts/sign-in/")
    page.get_by_role("button", name="Dark theme").click()
    page.reload()

    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 26, 38)"


def test_theme_is_set_before_the_first_paint(page: Page, portal: Portal) -> None:
    page.add_init_script("localStorage.setItem('theme', 'dark')")
    page.add_init_script(
        "new MutationObserver(() => { if (document.body && !window.first) "
        "window.first = document.documentElement.dataset.bsTheme ?? 'none' })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.goto(f"{portal.url}/accounts/sign-in/")

    assert page.evaluate("window.first") == "dark"


def test_page_of_accounts_names_the_workspace(account: Page, portal: Portal) -> None:
    account.goto(f"{portal.url}{ACCOUNTS}")

    expect(account.get_by_role("region", name="Workspace", exact=True)).to_contain_text("ACME Corporation")


def test_double_click_stores_one_token(portal: Portal, sign_in: SignIn, page: Page) -> None:
    portal.staff("doris", "viewer")
    sign_in(page, "doris")
    page.goto(f"{portal.url}/tokens/")
    page.get_by_label("Altostrat token").fill("alto_sk_sandbox_support_000000000000000000000000000000000000")
    page.get_by_role("button", name="Store and verify").dblclick()

    expect(page.get_by_text("It can access 2 workspaces")).to_be_visible()
    expect(page.locator("article.token")).to_have_count(1)
