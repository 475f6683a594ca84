"""A person who does a task, and whose clicks are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.plugins.processes import ROOT, Portal

_ROW = re.compile(r"^\| (?P<task>[^|]+) \| (?P<before>\d+)[^|]*\| (?P<now>\d+)[^|]*\|$", re.MULTILINE)


@dataclass
class Walker:
    """`clicks` counts clicks, and Enter in the search box. Typing is not counted."""

    page: Page
    portal: Portal
    clicks: int = 0

    def start(self) -> None:
        """Open the home page, with all accounts read. This is not counted."""
        self.page.goto(self.portal.url)
        expect(self.page.get_by_role("link", name="Past due")).to_be_visible(timeout=60_000)
        expect(self.page.get_by_text(" so far, as of")).to_have_count(0, timeout=60_000)
        self.clicks = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def link(self, name: str) -> None:
        """Click the first link that begins with this name."""
        self.click(self.page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first)

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True).first)

    def navigate(self, name: str) -> None:
        """Click an entry of the main navigation."""
        self.click(self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name))

    def find(self, text: str) -> None:
        """Type into the search box, and press Enter."""
        self.page.get_by_role("combobox").fill(text)
        self.page.get_by_role("combobox").press("Enter")
        self.clicks += 1

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=30_000)


def documented() -> dict[str, tuple[int, int]]:
    """Return the clicks of each task before and now, as docs/tour.md states them."""
    text = (ROOT / "docs" / "tour.md").read_text()
    return {row["task"].strip(): (int(row["before"]), int(row["now"])) for row in _ROW.finditer(text)}
