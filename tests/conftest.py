"""Fixtures of all tests: the sandbox, the portal, its people and a browser.

alice is an editor whose token sees everything; bob is a viewer without a token; carol is a viewer whose token sees
other workspaces; mallory has an account and no role.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import override_settings
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from billing.services.storage import recent, shared_cache
from billing.services.tokens import upstream
from tests.plugins.chromium import Chromium, axe_violations, running_chromium, watched_page
from tests.plugins.environment import ON_SERVICES
from tests.plugins.flushing import _flushable_audit_log  # noqa: F401 - a fixture for all
from tests.plugins.processes import (
    Portal,
    Sandbox,
    collect_static_files,
    running_portal,
    running_sandbox,
    template_database,
)
from tests.plugins.reads import wait_for_reads
from tests.plugins.smtp import mail_server  # noqa: F401 - a fixture for all
from tests.tokens import FINANCE, SUPPORT

# A busy machine must not fail a test.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test at zero: the cache counts per minute, for example refusals."""
    cache.clear()
    recent.clear_all()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Let PostgreSQL copy the tables of the test database instead of running all migrations again."""
    if ON_SERVICES:
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = template_database()


@pytest.fixture(scope="session", autouse=True)
def _patience_with_redis() -> Iterator[None]:
    """Wait long for Redis in this process. On a busy machine it may need longer than a request may wait."""
    patient = deepcopy(settings.CACHES)
    for options in (config.get("OPTIONS", {}) for config in patient.values()):
        options.update({name: 20 for name in ("socket_timeout", "socket_connect_timeout") if name in options})
    with pytest.MonkeyPatch.context() as patch, override_settings(CACHES=patient):
        patch.setattr(shared_cache, "SECONDS_PER_REQUEST", 20)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_on_request() -> Iterator[None]:
    """Let WhiteNoise find a static file when it is requested. Otherwise each client would list all files."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Yield the sandbox Altostrat, in its own process."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def fresh_sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Yield the sandbox for tests that write: with its initial data, an empty journal and no faults.

    Reset it afterwards.
    """
    sandbox.reset()
    yield sandbox
    sandbox.reset()


@pytest.fixture(scope="session")
def static_files() -> None:
    collect_static_files()


@pytest.fixture(scope="session")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield the portal, in its own process, with alice, bob, carol and mallory."""
    with running_portal(tmp_path_factory.mktemp("portal"), sandbox.url) as running:
        running.staff("alice", "editor", FINANCE)
        running.staff("bob", "viewer")
        running.staff("carol", "viewer", SUPPORT)
        running.staff("mallory")
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Headless Chromium, shared by all tests of this process."""
    with running_chromium() as running:
        yield running
        # Under Playwright's event loop, this thread has its own database connections, which nothing else closes.
        connections.close_all()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.browser()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page in a new browser context, 1440 pixels wide. Script errors and policy violations fail the test."""
    with watched_page(browser, viewport={"width": 1440, "height": 900}) as opened:
        yield opened


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """Return a function that runs axe-core on a page and returns the violations."""
    return axe_violations


@pytest.fixture(scope="session")
def sign_in(portal: Portal) -> Callable[[Page, str], None]:
    """Return a function that signs a person in through the sign-in page."""

    def submit(page: Page, name: str) -> None:
        # The home page would start a scan of all accounts.
        page.goto(f"{portal.url}/accounts/sign-in/?next=/account/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password", exact=True).fill(portal.passwords[name])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{portal.url}/account/")

    return submit


@pytest.fixture
def altostrat_url(sandbox: Sandbox, settings: Settings) -> Iterator[str]:
    """Point this process at the sandbox."""
    settings.ALTOSTRAT_API_URL = sandbox.url
    upstream.transport.cache_clear()
    yield sandbox.url
    upstream.transport.cache_clear()


@pytest.fixture
def altostrat_unreachable(settings: Settings) -> Iterator[None]:
    """Point this process at a port where nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings.ALTOSTRAT_API_URL = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        upstream.transport.cache_clear()
        yield
    upstream.transport.cache_clear()


@pytest.fixture(autouse=True)
def _finished_reads() -> Iterator[None]:
    """Wait for late reads before the next test, because they still record their results."""
    yield
    wait_for_reads()


@pytest.fixture(autouse=True)
def _static_files_for_clients(request: pytest.FixtureRequest) -> None:
    """Collect the static files, which tests need that render pages in this process."""
    if "client" in request.fixturenames:
        request.getfixturevalue("static_files")
