"""Choose the time zone in which the portal shows times."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]


def test_time_zone_of_the_browser_takes_one_click_and_another_is_found_by_city(
    portal: Portal, sign_in: SignIn, page: Page
) -> None:
    portal.staff("tess", "viewer")
    sign_in(page, "tess")
    page.goto(f"{portal.url}/account/")
    page.get_by_role("button", name="Use Europe/Berlin (this browser)").click()

    expect(page.get_by_role("status").filter(has_text="Times are now shown in Europe/Berlin")).to_be_visible()
    expect(page.locator("time[title^='Europe/Berlin, UTC+']").first).to_be_visible()
    expect(page.get_by_role("button", name="(this browser)")).to_be_hidden()

    page.get_by_label("Time zone").click()
    page.keyboard.type("Kathmandu")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="Asia/Kathmandu")).to_be_visible()
    expect(page.get_by_text("UTC+05:45").first).to_be_visible()
    # Tables show only dates, so every page names the time zone once.
    page.goto(f"{portal.url}/")
    expect(
        page.get_by_role("contentinfo").get_by_role("link", name="Time zone: Asia/Kathmandu")
    ).to_be_visible()
