"""Print the page of a billing account in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.test_every_page import FULL, LATE
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]


def printed_pages(page: Page, address: str) -> int:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_account_prints_on_two_pages(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")

    assert [printed_pages(page, f"{portal.url}{address}") <= 2 for address in (DOCUMENTED, LATE, FULL)] == [
        True
    ] * 3
