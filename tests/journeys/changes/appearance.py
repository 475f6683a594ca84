"""How a page looks: checked with axe, in three widths and both themes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.plugins.chromium import COLOR_RULES

Axe = Callable[..., list[str]]

# A folder for screenshots.
_PICTURES = os.environ.get("PICTURES", "")


def check_appearance(page: Page, axe: Axe, name: str) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert axe(page, *(COLOR_RULES if theme == "dark" else ())) == [], (name, theme)
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if _PICTURES:
                page.screenshot(path=Path(_PICTURES) / f"{name}-{theme}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="light")
