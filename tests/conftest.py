"""The cast and the stage.

alice is an editor with a token that sees everything; bob is a viewer who has stored none; carol is a viewer whose token
sees other workspaces; mallory has an account and no role.
"""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from billing.services.tokens import upstream
from tests.plugins.chromium import Chromium, axe_violations, running_chromium, watched_page
from tests.plugins.flushing import _audit_can_be_flushed  # noqa: F401 - a fixture for all
from tests.plugins.processes import ROOT, Portal, Sandbox, running_portal, running_sandbox
from tests.tokens import FINANCE, SUPPORT

# A busy machine is no wrong result.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


@pytest.fixture(autouse=True)
def _nothing_was_counted_before() -> None:
    """What is counted by the minute, refusals for one, counts from here."""
    cache.clear()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox Altostrat, in a process of its own."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def fresh_sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The same sandbox with its seed, an empty journal and no faults; for tests that write. It is reset afterwards."""
    sandbox.reset()
    sandbox.clear()
    yield sandbox
    sandbox.reset()
    sandbox.clear()


@pytest.fixture(scope="session")
def static_files() -> None:
    """What collectstatic collects, made anew when a source is newer."""
    manifest = ROOT / "staticfiles" / "staticfiles.json"
    sources = [*(ROOT / "static").rglob("*"), ROOT / "package-lock.json", ROOT / "portal" / "frontend.py"]
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "collecting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come by at once
        made = manifest.stat().st_mtime if manifest.exists() else 0
        if any(source.stat().st_mtime > made for source in sources):
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
            subprocess.run(command, cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """The portal, in a process of its own, with the cast."""
    with running_portal(tmp_path_factory.mktemp("portal"), sandbox.url) as running:
        running.staff("alice", "editor", FINANCE)
        running.staff("bob", "viewer")
        running.staff("carol", "viewer", SUPPORT)
        running.staff("mallory")
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Headless Chromium, one for all tests of this process."""
    with running_chromium() as running:
        yield running
        # Beside Playwright's event loop this thread has database connections of its own, which nobody else closes.
        connections.close_all()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    """The browser."""
    return chromium.browser()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh browser context, 1440 pixels wide; script errors and policy violations fail the test."""
    with watched_page(browser, viewport={"width": 1440, "height": 900}) as opened:
        yield opened


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """Runs axe-core on a page and gives the violations."""
    return axe_violations


@pytest.fixture(scope="session")
def sign_in(portal: Portal) -> Callable[[Page, str], None]:
    """Signs one of the cast in through the sign-in page."""

    def through_the_form(page: Page, name: str) -> None:
        # Not to the home page, which begins to read every account.
        page.goto(f"{portal.url}/accounts/sign-in/?next=/account/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password", exact=True).fill(portal.passwords[name])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{portal.url}/account/")

    return through_the_form


@pytest.fixture
def altostrat_url(sandbox: Sandbox, settings: Settings) -> Iterator[str]:
    """Points this process at the sandbox."""
    settings.ALTOSTRAT_API_URL = sandbox.url
    upstream.transport.cache_clear()
    yield sandbox.url
    upstream.transport.cache_clear()


@pytest.fixture
def altostrat_away(settings: Settings) -> Iterator[None]:
    """Points this process at a port where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings.ALTOSTRAT_API_URL = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        upstream.transport.cache_clear()
        yield
    upstream.transport.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_comes_later() -> Iterator[None]:
    """Reads that nobody waited for are over before the next test begins: they write down what comes."""
    yield
    for thread in threading.enumerate():
        if thread.name == "read-under-way":
            thread.join(20)


@pytest.fixture(autouse=True)
def _plain_static_files(request: pytest.FixtureRequest) -> None:
    """Tests that render pages in this process need the collected files."""
    if "client" in request.fixturenames:
        request.getfixturevalue("static_files")
