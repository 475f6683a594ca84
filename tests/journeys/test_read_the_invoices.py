"""Go from an account to its invoices, spend and aging."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]
LATE = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1/"


def test_person_finds_what_an_account_owes(portal: Portal, sign_in: SignIn, page: Page, axe: Axe) -> None:
    sign_in(page, "carol")
    page.goto(f"{portal.url}{LATE}invoices/")
    page.get_by_label("Status").select_option("Open")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("have the status “Open”")).to_be_visible()
    expect(page.get_by_role("contentinfo").get_by_text("Time zone: UTC")).to_be_visible()
    amounts = page.locator("tbody td.figure")
    expect(amounts).to_have_count(4 * 3 + 4)  # four invoices, and their totals
    for amount in amounts.all():
        expect(amount).to_have_css("text-align", "end")
        expect(amount).to_have_css("font-variant-numeric", "tabular-nums")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    copy = page.get_by_role("button", name="Copy payment link of invoice").first
    copy.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == copy.get_attribute("data-copy")
    assert axe(page) == []

    page.locator(".row-main a").first.click()
    expect(page.get_by_role("heading", name="Lines")).to_be_visible()
    assert axe(page) == []

    page.get_by_role("navigation", name="Billing account").get_by_role("link", name="Aging").click()
    expect(page.get_by_role("rowheader", name="More than 90 days late")).to_be_visible()
    assert axe(page) == []

    page.get_by_role("link", name="Remind").click()
    copy_text = page.get_by_role("button", name="Copy text")
    copy_text.click()
    expect(page.get_by_text("Recorded as copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".reminder-text").text_content()
    mailto = page.get_by_role("link", name="Open in mail program")
    mailto.evaluate(
        "link => document.addEventListener('click', event => {"
        " window.isOpened = !event.defaultPrevented; event.preventDefault(); }, { once: true })"
    )
    mailto.press("Enter")
    expect(page.get_by_text("Recorded as opened in a mail program.")).to_be_visible()
    assert page.evaluate("window.isOpened") is True
    assert axe(page) == []
    page.get_by_role("link", name="View history").click()
    expect(page.get_by_text("USD, opened in a mail program").first).to_be_visible()

    page.get_by_role("navigation", name="Billing account").get_by_role("link", name="Spend").click()
    expect(page.get_by_role("img", name="Spend per month in USD")).to_have_count(
        1
    )  # the other two sizes are hidden
    page.get_by_role("link", name="24 months").click()
    expect(page.get_by_role("rowheader", name="Total")).to_be_visible()
    assert axe(page) == []


def test_every_width_and_paper_shows_one_size_of_the_chart(
    portal: Portal, sign_in: SignIn, page: Page
) -> None:
    sign_in(page, "carol")
    page.goto(f"{portal.url}{LATE}spend/")

    for width, shape in ((390, "narrow"), (768, "medium"), (1440, "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("svg.chart:visible")).to_have_count(1)
        expect(page.locator(f"svg.chart-{shape}")).to_be_visible()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 900})
    expect(page.locator("svg.chart:visible")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Uncollectible")).to_be_visible()  # rows are not stacked
