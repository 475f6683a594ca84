"""Single sign-on in Chromium, with the site's Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.plugins.processes import Portal, running_portal
from tests.sign_in.sso.forging_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    ForgingProvider,
    a_key,
    running_forger,
)

pytestmark = [pytest.mark.postgresql_only, pytest.mark.slow]


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    """Yield a provider that signs the person in without asking."""
    with running_forger() as running:
        running.claims = {"preferred_username": "lovelace"}
        yield running


@pytest.fixture(scope="module")
def sso_portal(
    provider: ForgingProvider, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal without passwords."""
    with running_portal(
        tmp_path_factory.mktemp("sso"),
        "http://127.0.0.1:1",
        LOCAL_LOGIN="off",
        OIDC_ISSUER=provider.url,
        OIDC_CLIENT_ID=CLIENT_ID,
        OIDC_CLIENT_SECRET=CLIENT_SECRET,
        OIDC_ROLE_MAP="staff=viewer",
    ) as running:
        yield running


def test_person_signs_in_and_out(sso_portal: Portal, provider: ForgingProvider, page: Page) -> None:
    page.goto(f"{sso_portal.url}/tokens/")
    page.get_by_role("link", name="Sign in with SSO").click()
    page.wait_for_url(f"{sso_portal.url}/tokens/")
    page.locator("details.person summary").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You have signed out.")).to_be_visible()
    assert page.url.startswith(f"{sso_portal.url}/accounts/sign-in/")
    assert "/end" in provider.requested
    page.goto(f"{sso_portal.url}/")
    assert "/accounts/sign-in/" in page.url


def test_five_tabs_sign_in_at_the_same_time(sso_portal: Portal, page: Page) -> None:
    tabs = [page, *(page.context.new_page() for _ in range(4))]
    for tab in tabs:
        tab.goto(f"{sso_portal.url}/tokens/")
    for tab in tabs:
        tab.get_by_role("link", name="Sign in with SSO").dispatch_event("click")
    for tab in tabs:
        expect(tab).to_have_url(f"{sso_portal.url}/tokens/", timeout=60_000)
        expect(tab.get_by_role("heading", level=1)).to_have_text("My tokens")


def test_person_signs_in_after_the_provider_has_replaced_its_key(
    sso_portal: Portal, provider: ForgingProvider, page: Page
) -> None:
    page.goto(f"{sso_portal.url}/accounts/sso/?next=/tokens/")  # the portal has the first key now
    page.context.clear_cookies()
    provider.key = a_key("first", "successor")
    page.goto(f"{sso_portal.url}/accounts/sso/?next=/tokens/")

    assert page.url == f"{sso_portal.url}/tokens/"


def test_log_contains_no_secret(sso_portal: Portal, provider: ForgingProvider, page: Page) -> None:
    page.goto(f"{sso_portal.url}/accounts/sso/")
    page.wait_for_url(f"{sso_portal.url}/")
    verifier = provider.forms[-1]["code_verifier"][0]

    for secret in (
        CLIENT_SECRET,
        verifier,
        provider.id_tokens[-1],
        *provider.nonces.values(),
        "person-1",
        "lovelace",
    ):
        assert secret not in sso_portal.log, "at DEBUG"
