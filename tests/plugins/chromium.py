"""The system's Chromium, driven by Playwright; a page that complains fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.plugins.processes import ROOT
from tests.plugins.services import MissingProgram

_PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Headless Chromium."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise MissingProgram("Chromium is not installed; `make test` installs it, or says how.")
    flags = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@contextmanager
def watched_page(browser: Browser, **context_options: Any) -> Iterator[Page]:
    """A page in a fresh context. At the end, script errors and policy violations are raised.

    A failed load of the page itself is no complaint: failure pages are what many tests are about.
    """
    complaints: list[str] = []
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **context_options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: _note(message, complaints))
    try:
        yield page
    finally:
        context.close()
    assert not complaints, complaints


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    is_status = message.text.startswith("Failed to load resource: the server responded with a status of")
    if message.type in {"error", "warning"} and not is_status:
        complaints.append(message.text)


@cache
def _axe_source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is: rule, impact and the first places."""
    page.evaluate(_axe_source())
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']} ({found['impact']}): {[node['target'] for node in found['nodes'][:5]]}"
        for found in result["violations"]
    ]
