"""Sign in with the company account, through a certified OpenID Provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import choose, roles, sign_in, sign_in_with_retries, start_sign_in
from tests.plugins.chromium import watched_page
from tests.plugins.identity_provider import EDITOR, VIEWER, WITHOUT_ROLE, IdentityProvider, settings_for
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.plugins.services import free_port

pytestmark = pytest.mark.slow(pieces=2)

Axe = Callable[[Page], list[str]]


def test_sign_in_returns_to_the_requested_page(page: Page, sso_portal: Portal) -> None:
    sign_in(page, sso_portal, VIEWER, "/tokens/")

    expect(page.get_by_role("heading", level=1)).to_have_text("My tokens")
    expect(page.get_by_role("banner")).to_contain_text("Vera Lindqvist")
    assert roles(sso_portal) == {"vera.lindqvist": ["viewer"]}


def test_request_has_state_nonce_and_pkce(page: Page, sso_portal: Portal, company: IdentityProvider) -> None:
    sign_in(page, sso_portal, VIEWER)
    asked = next(entry["query"] for entry in company.requests() if entry["path"] == "/auth")

    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert set(asked["scope"].split()) >= {"openid"}


def test_each_sign_in_has_a_new_state_and_nonce(
    page: Page, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    page.context.clear_cookies()
    sign_in(page, sso_portal, VIEWER)
    first, second = (entry["query"] for entry in company.requests() if entry["path"] == "/auth")

    assert not {"state", "nonce", "code_challenge"} & {name for name in first if first[name] == second[name]}


def test_person_without_a_group_sees_whom_to_ask(page: Page, sso_portal: Portal, axe: Axe) -> None:
    start_sign_in(page, sso_portal)
    choose(page, WITHOUT_ROLE)

    expect(page.get_by_role("heading", level=1)).to_have_text("Your account has no role here")
    expect(page.get_by_role("main")).to_contain_text("Ask an administrator")
    assert axe(page) == []
    assert roles(sso_portal) == {}


def test_person_who_cancels_is_not_signed_in(page: Page, sso_portal: Portal) -> None:
    start_sign_in(page, sso_portal)
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    assert roles(sso_portal) == {}


def test_another_group_gives_another_role_at_the_next_sign_in(
    page: Page, browser: Browser, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    company.set_groups(VIEWER[0], "billing-editors", "chess-club")
    with watched_page(browser) as other_page:
        sign_in(other_page, sso_portal, VIEWER)

    assert roles(sso_portal) == {"vera.lindqvist": ["editor"]}


def test_group_makes_a_superuser_until_it_goes(
    page: Page, browser: Browser, sso_portal: Portal, company: IdentityProvider
) -> None:
    company.set_groups(VIEWER[0], "billing-viewers", "billing-superusers")
    sign_in(page, sso_portal, VIEWER, "/admin/")
    assert page.url == f"{sso_portal.url}/admin/"

    company.set_groups(VIEWER[0], "billing-viewers")
    with watched_page(browser) as other_page:
        sign_in(other_page, sso_portal, VIEWER)
    page.goto(f"{sso_portal.url}/admin/")

    expect(page.get_by_role("heading", level=1)).to_have_text("You don't have permission")


def test_person_without_groups_loses_access_everywhere(
    page: Page, browser: Browser, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, EDITOR)
    company.set_groups(EDITOR[0])
    with watched_page(browser) as other_page:
        start_sign_in(other_page, sso_portal)
        choose(other_page, EDITOR)
        expect(other_page.get_by_role("heading", level=1)).to_have_text("Your account has no role here")
    answer = page.goto(f"{sso_portal.url}/workspaces/")

    assert answer is not None
    assert answer.status == 403 or "/accounts/sign-in/" in page.url
    assert roles(sso_portal) == {"edgar.osei": []}


def test_five_tabs_can_sign_in_at_once(page: Page, sso_portal: Portal) -> None:
    tabs = [page, *(page.context.new_page() for _ in range(4))]
    goals = ["/", "/tokens/", "/workspaces/", "/tokens/?tab=4", "/?tab=5"]
    for tab, goal in zip(tabs, goals, strict=True):
        start_sign_in(tab, sso_portal, goal)
        tab.wait_for_url("**/sign-in/*")
    for tab, goal in zip(tabs, goals, strict=True):
        choose(tab, VIEWER)
        tab.wait_for_url(f"{sso_portal.url}{goal}")

    for tab in tabs:
        tab.reload()
        expect(tab.get_by_role("banner")).to_contain_text("Vera Lindqvist")


def test_session_continues_while_the_provider_is_down(
    page: Page, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    company.stop()
    page.goto(f"{sso_portal.url}/tokens/")

    expect(page.get_by_role("heading", level=1)).to_have_text("My tokens")


def test_provider_that_fails_during_sign_in_shows_a_message(
    page: Page, sso_portal: Portal, company: IdentityProvider, axe: Axe
) -> None:
    start_sign_in(page, sso_portal)
    page.wait_for_url("**/sign-in/*")
    state = next(entry["query"]["state"] for entry in company.requests() if entry["path"] == "/auth")
    company.stop()
    page.goto(f"{sso_portal.url}/accounts/sso/callback/?state={state}&code=a-code&iss={company.issuer}")

    expect(page.get_by_role("heading", level=1)).to_have_text("The sign-in service is unavailable")
    assert axe(page) == []


def test_portal_starts_while_the_provider_is_down(
    page: Page, sandbox: Sandbox, static_files: None, tmp_path: Path, axe: Axe
) -> None:
    with running_portal(tmp_path, sandbox.url, **settings_for(free_port())) as portal:
        start_sign_in(page, portal)

        expect(page.get_by_role("heading", level=1)).to_have_text("The sign-in service is unavailable")
        assert axe(page) == []


def test_sign_in_works_again_when_the_provider_does(
    page: Page, sso_portal: Portal, company: IdentityProvider
) -> None:
    company.stop()
    company.start()
    sign_in_with_retries(page, sso_portal, VIEWER)

    expect(page.get_by_role("banner")).to_contain_text("Vera Lindqvist")


def test_new_key_of_the_provider_is_accepted(
    page: Page, browser: Browser, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    company.rotate_keys()
    with watched_page(browser) as other_page:
        sign_in_with_retries(other_page, sso_portal, EDITOR)

    assert set(roles(sso_portal)) == {"vera.lindqvist", "edgar.osei"}


def test_log_contains_nothing_of_the_exchange(
    page: Page, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    asked = next(entry["query"] for entry in company.requests() if entry["path"] == "/auth")

    for secret in (asked["state"], asked["nonce"], "vera.lindqvist@larkfield.example", "eyJ"):
        assert secret not in sso_portal.log
