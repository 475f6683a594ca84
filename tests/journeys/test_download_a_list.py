"""Sort a list and download it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.pages.addresses import ACCOUNTS
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]


def test_files_have_the_rows_of_the_list_in_the_same_order(
    portal: Portal, sign_in: SignIn, page: Page, tmp_path: Path
) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{ACCOUNTS}")
    page.get_by_role("link", name="Email").click()
    expect(page.get_by_role("columnheader", name="Email")).to_have_attribute("aria-sort", "ascending")
    listed = page.locator("td[data-label='Email']").all_inner_texts()
    found = {}
    page.locator("summary", has_text="Download").focus()
    page.keyboard.press("Enter")
    for title, ending in (("CSV", "csv"), ("Excel", "xlsx")):
        with page.expect_download() as download:
            page.get_by_role("link", name=title).click()
        found[ending] = tmp_path / download.value.suggested_filename
        download.value.save_as(found[ending])

    assert listed == sorted(listed)
    rows = list(csv.reader(found["csv"].read_text("utf-8-sig").splitlines()))
    at = rows[0].index("Email")
    assert [row[at] for row in rows[1:]] == listed
    sheet = load_workbook(found["xlsx"]).active
    assert sheet is not None
    assert [row[at] for row in sheet.iter_rows(min_row=2, values_only=True)] == listed


def test_escape_closes_the_download_menu(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}/workspaces/")
    page.locator("summary", has_text="Download").click()
    expect(page.get_by_role("link", name="CSV")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="CSV")).to_be_hidden()
    expect(page.locator("summary", has_text="Download")).to_be_focused()


def test_list_can_be_sorted_on_a_phone(
    portal: Portal, sign_in: SignIn, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "alice")
    page.goto(f"{portal.url}{ACCOUNTS}")
    page.get_by_role("link", name="Currency").click()

    expect(page.get_by_role("link", name="Currency")).to_be_visible()
    assert page.url.endswith("?sort=currency")
    page.locator("summary", has_text="Download").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
