"""Find out who owes most, and since when, and download the list."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.plugins.chromium import WIDTHS, check_widths, watched_page
from tests.plugins.processes import Portal

SignIn = Callable[..., None]
Axe = Callable[..., list[str]]

_WIDE_TABLES: Final = """[...document.querySelectorAll(".table-wrap")]
    .filter(table => table.scrollWidth > table.clientWidth)
    .map(table => table.querySelector("caption").textContent)"""


def check_tables(page: Page) -> None:
    """Assert that neither the page nor one of its tables needs horizontal scrolling."""
    check_widths(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_WIDE_TABLES) == [], width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_person_reads_the_aging_of_all_accounts(
    portal: Portal, sign_in: SignIn, browser: Browser, axe: Axe, theme: str
) -> None:
    with watched_page(browser, color_scheme=theme) as page:
        sign_in(page, "carol")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
        page.get_by_role("link", name="Aging").click()
        # The scan of all accounts starts automatically, and the report follows.
        expect(page.get_by_role("img", name="by days late in USD")).to_have_count(1, timeout=60_000)
        expect(page.get_by_text("add up to")).to_be_visible()
        assert axe(page) == []
        check_tables(page)

        page.get_by_role("link", name="Over 90").click()
        invoices = page.get_by_role("region", name="open invoice")
        expect(invoices.get_by_text("Over 90").first).to_be_visible()
        page.get_by_text("Download", exact=False).first.click()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["Bucket"] for row in rows} == {"Over 90"}

        page.goto(f"{portal.url}/reports/revenue/")
        expect(page.get_by_role("img", name="recurring revenue by month in USD")).to_have_count(1)
        assert axe(page) == []
        check_tables(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_person_filters_the_invoices_of_all_accounts(
    portal: Portal, sign_in: SignIn, browser: Browser, axe: Axe, theme: str
) -> None:
    with watched_page(browser, color_scheme=theme) as page:
        sign_in(page, "carol")
        page.goto(f"{portal.url}/reports/invoices/")
        start = page.get_by_role("button", name="Read invoices")
        totals = page.get_by_role("heading", name="Totals of")
        expect(start.or_(totals)).to_be_visible(timeout=60_000)
        if start.is_visible():
            start.click()
        expect(totals).to_be_visible(timeout=60_000)
        page.get_by_label("Status").select_option("Open")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_role("heading", name="4 invoices", exact=True)).to_be_visible()
        assert axe(page) == []
        check_tables(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_person_previews_the_expected_bills(
    portal: Portal, sign_in: SignIn, browser: Browser, axe: Axe, theme: str
) -> None:
    with watched_page(browser, color_scheme=theme) as page:
        sign_in(page, "carol")
        page.goto(f"{portal.url}/reports/expected-bills/")
        start = page.get_by_role("button", name="Preview bills")
        window = page.get_by_role("rowheader", name="90 days")
        expect(start.or_(window)).to_be_visible(timeout=60_000)
        if start.is_visible():
            start.click()
        expect(window).to_be_visible(timeout=60_000)
        assert axe(page) == []
        check_tables(page)
