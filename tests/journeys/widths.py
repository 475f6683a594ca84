"""Pages fit the windows of phones, tablets and desktops."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page

WIDTHS = (320, 390, 768, 1280, 1440)


def check_widths(page: Page, widths: Sequence[int] = WIDTHS) -> None:
    """Assert that the page needs no horizontal scrolling in windows of these widths."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
