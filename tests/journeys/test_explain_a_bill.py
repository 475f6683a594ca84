"""Go from the invoices of an account to the reason why the bill changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]
PLAINS = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1/"


@pytest.mark.parametrize("width", [1440, 390])
def test_person_learns_why_the_bill_changed(
    portal: Portal, sign_in: SignIn, page: Page, axe: Axe, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "carol")
    page.goto(f"{portal.url}{PLAINS}invoices/")
    if width == 390:
        page.get_by_text("Actions", exact=True).click()
    page.get_by_role("link", name="Why did the bill change?").click()
    expect(page.get_by_text("Difference, the sum of all parts")).to_be_visible()

    page.get_by_label("Earlier invoice").select_option(index=6)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("tbody").get_by_text("Quantity").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe(page) == []

    page.locator("summary", has_text="Download").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text("utf-8-sig").startswith("Cause,Item,Amount\n")

    page.locator(".sums").get_by_role("link").last.click()
    page.get_by_role("link", name="Compare with the one before").click()
    expect(page.get_by_role("heading", name="Why did the bill change?")).to_be_visible()
