"""The system's Chromium, driven by Playwright. A page with script errors or policy violations fails its test."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.plugins.processes import ROOT
from tests.plugins.services import MissingProgram

WIDTHS: Final = (320, 390, 768, 1280, 1440)  # of phones, tablets and desktops

# Debian's headless shell is the same browser without the desktop interface, and needs half the CPU time.
_PROGRAMS = (
    "chromium-headless-shell",
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
    # Each test has new pages, so compiling their scripts for speed takes more CPU time than it saves.
    "--js-flags=--no-maglev --no-turbofan",
)


# The rules of axe that a theme can break.
COLOR_RULES: Final = ("color-contrast", "link-in-text-block")

# Closing a context takes milliseconds, but on rare occasions Chromium never responds.
_CLOSE_SECONDS: Final = 20.0


class Chromium:
    """Headless Chromium, started on first use and restarted after it was killed."""

    def __init__(self, playwright: Playwright, program: str) -> None:
        self._playwright = playwright
        self._program = program
        self._running: Browser | None = None

    def browser(self) -> Browser:
        if self._running is None or not self._running.is_connected():
            flags = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
            self._running = self._playwright.chromium.launch(executable_path=self._program, args=flags)
        return self._running

    def close(self) -> None:
        if self._running is not None:
            self._running.close()


@contextmanager
def running_chromium() -> Iterator[Chromium]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise MissingProgram("Chromium is not installed. `make test` installs it or prints how to.")
    with sync_playwright() as playwright:
        chromium = Chromium(playwright, program)
        yield chromium
        chromium.close()


@contextmanager
def browser_context(
    browser: Browser, *, close_seconds: float = _CLOSE_SECONDS, **options: Any
) -> Iterator[BrowserContext]:
    """Open a new context and close it at the end. Kill the browser if it does not respond to that.

    Nothing moves in it: animations take CPU time, and axe would measure a color halfway through its transition.
    """
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    browser_pid = next(process["id"] for process in processes if process["type"] == "browser")
    session.detach()
    context = browser.new_context(reduced_motion="reduce", **options)
    context.add_init_script(_MARK_PARTS)
    try:
        yield context
    finally:
        killer = threading.Timer(close_seconds, os.kill, (browser_pid, signal.SIGKILL))
        killer.start()
        try:
            context.close()
        except Error:
            if browser.is_connected():
                raise
        finally:
            killer.cancel()


@contextmanager
def watched_page(browser: Browser, **context_options: Any) -> Iterator[Page]:
    """Open a page in a new context, and fail at the end if there were script errors or policy violations.

    A page that loads with an error status is no such problem: many tests are about failure pages.
    """
    problems: list[str] = []
    with browser_context(browser, locale="en-GB", timezone_id="Europe/Berlin", **context_options) as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(message, page, problems))
        yield page
    assert not problems, problems


def _note(message: ConsoleMessage, page: Page, problems: list[str]) -> None:
    is_status = message.text.startswith("Failed to load resource: the server responded with a status of")
    if message.type in {"error", "warning"} and not is_status:
        problems.append(f"{page.url}: {message.text}")


def wait_for_parts(page: Page) -> None:
    """Wait until htmx has loaded all parts of the page, and the browser its fonts.

    Whether the network is idle says less: a scan pauses between its steps, and on a busy machine so does a page.
    """
    expect(page.locator(_LOADING)).to_have_count(0, timeout=60_000)
    page.evaluate("document.fonts.ready.then(() => null)")


@cache
def _axe_source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


# In every page: mark the parts that htmx has loaded, and the account status while it is due to be loaded again.
_MARK_PARTS: Final = """
    addEventListener("panelload", () => {
        for (const part of document.querySelectorAll("[hx-trigger^=panelload]")) part.dataset.due = "";
    }, true);
    addEventListener("htmx:finally:request", ({ target }) => {
        if (!target.dataset) return;  // the document, when the part has been replaced
        target.dataset.loaded = "";
        delete target.dataset.due;
    }, true);
"""
_LOADING: Final = ".htmx-request, [aria-busy=true], [hx-trigger^=load]:not([data-loaded]), [data-due]"

# A part that is being replaced is pale. The result counts only if nothing was loading before or after it, unless the
# page loads for ten seconds, as one whose request a test never answers.
_AXE_RUN: Final = """async ([options, exclude, loading]) => {
    const end = performance.now() + 10000;
    const loads = () => performance.now() < end && document.querySelector(loading) !== null;
    for (;;) {
        while (loads()) await new Promise((wake) => setTimeout(wake, 50));
        const result = await axe.run({ exclude }, options);
        if (!loads()) return result.violations;
    }
}"""


def axe_violations(page: Page, *rules: str, frame: bool = True) -> list[str]:
    """Wait for the parts of the page, then return what axe-core finds: rule, impact and the first elements.

    The frame is the header and the footer, which all pages of a person have in common.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe_source())
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    exclude = [] if frame else [[".page > header"], [".page > footer"]]
    violations = page.evaluate(_AXE_RUN, [options, exclude, _LOADING])
    return [
        f"{found['id']} ({found['impact']}): {[node['target'] for node in found['nodes'][:5]]}"
        for found in violations
    ]


def check_widths(page: Page, widths: Sequence[int] = WIDTHS) -> None:
    """Assert that the page needs no horizontal scrolling in windows of these widths."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
