"""An administrator deactivates two people with the keyboard, in a browser without scripts."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.plugins.chromium import Chromium
from tests.plugins.processes import Portal


def test_two_people_are_deactivated_by_keyboard_without_scripts(chromium: Chromium, portal: Portal) -> None:
    portal.staff("ada", "admin")
    portal.staff("pat", "viewer")
    portal.staff("paul", "viewer")
    browser: Browser = chromium.browser()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    try:
        _sign_in(page, portal)
        page.goto(f"{portal.url}/people/?q=pa&role=viewer")
        for name in ("pat", "paul"):
            page.get_by_role("checkbox", name=f"Select {name}").press("Space")
        page.get_by_role("button", name="Deactivate").press("Enter")

        expect(page.get_by_role("heading", level=1)).to_have_text("Deactivate: 2 people?")
        page.get_by_label("Reason").press_sequentially("left the company")
        page.get_by_role("button", name="Deactivate").press("Enter")

        expect(page.get_by_text("Deactivate: done for 2 people.")).to_be_visible()
        assert page.url == f"{portal.url}/people/?q=pa&role=viewer"
        expect(page.get_by_role("cell").get_by_text("Deactivated")).to_have_count(2)
    finally:
        context.close()


def _sign_in(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/accounts/sign-in/?next=/people/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(portal.passwords["ada"])
    page.get_by_role("button", name="Sign in").press("Enter")
