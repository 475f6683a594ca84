"""Sessions of the company account end: at the portal, at the company, or until the person signs in again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import choose, sign_in, start_sign_in
from tests.plugins.chromium import watched_page
from tests.plugins.identity_provider import EDITOR, VIEWER, IdentityProvider
from tests.plugins.processes import Portal
from tests.tokens import FINANCE

Axe = Callable[[Page], list[str]]

_AN_HOUR_LATER = (
    "from datetime import timedelta; from django.db.models import F; from billing.models import UserSession; "
    "UserSession.objects.update(signed_in_at=F('signed_in_at') - timedelta(hours=1))"
)


def sign_out(page: Page) -> None:
    """Use the button in the menu of the person."""
    page.locator("summary").get_by_text("Vera Lindqvist", exact=True).first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/session/end?*")


def test_sign_out_ends_both_sessions(page: Page, sso_portal: Portal, axe: Axe) -> None:
    sign_in(page, sso_portal, VIEWER)
    sign_out(page)
    assert axe(page) == []
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{sso_portal.url}/accounts/sign-in/**")
    start_sign_in(page, sso_portal)

    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a person")


def test_session_of_the_portal_ends_whatever_the_person_answers_at_the_provider(
    page: Page, sso_portal: Portal
) -> None:
    sign_in(page, sso_portal, VIEWER)
    sign_out(page)
    page.goto(f"{sso_portal.url}/tokens/")

    assert "/accounts/sign-in/" in page.url


def test_company_ends_all_sessions_of_one_person_only(
    page: Page, browser: Browser, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    with watched_page(browser) as other_page, watched_page(browser) as colleague:
        sign_in(other_page, sso_portal, VIEWER)
        sign_in(colleague, sso_portal, EDITOR)
        taken = company.log_out(VIEWER[0])
        for opened in (page, other_page, colleague):
            opened.goto(f"{sso_portal.url}/tokens/")

        assert taken == 2
        assert "/accounts/sign-in/" in page.url
        assert "/accounts/sign-in/" in other_page.url
        assert colleague.url == f"{sso_portal.url}/tokens/"


def test_person_signs_in_again_and_continues_on_the_same_page(
    page: Page, sso_portal: Portal, company: IdentityProvider
) -> None:
    sign_in(page, sso_portal, VIEWER)
    company.clear()
    page.goto(f"{sso_portal.url}/accounts/sso/?step_up=1&next=/tokens/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    choose(page, VIEWER)
    page.wait_for_url(f"{sso_portal.url}/tokens/")
    asked = next(entry["query"] for entry in company.requests() if entry["path"] == "/auth")

    assert asked["prompt"] == "login"
    assert asked["max_age"].isdigit()


def test_another_person_cannot_confirm_the_change(page: Page, sso_portal: Portal) -> None:
    sign_in(page, sso_portal, VIEWER)
    page.goto(f"{sso_portal.url}/accounts/sso/?step_up=1&next=/tokens/")
    choose(page, EDITOR)

    expect(page.get_by_role("heading", level=1)).to_have_text("You used a different account")


def test_change_waits_for_a_recent_sign_in_and_is_sent_once(page: Page, sso_portal: Portal) -> None:
    sign_in(page, sso_portal, EDITOR, "/tokens/")
    sso_portal.manage("shell", "-v0", "-c", _AN_HOUR_LATER)
    page.get_by_label("Altostrat token", exact=True).fill(FINANCE)
    page.get_by_label("Label").fill("Kept through the sign-in")
    page.get_by_role("button", name="Store and verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    choose(page, EDITOR)
    page.wait_for_url(f"{sso_portal.url}/tokens/")

    stored = page.get_by_role("heading", name="Kept through the sign-in")
    expect(stored).to_have_count(1)
    page.go_back()
    page.goto(f"{sso_portal.url}/tokens/")
    expect(stored).to_have_count(1)
    assert saved(sso_portal) == 1


def saved(portal: Portal) -> int:
    """Return how often the audit log says that a token was saved."""
    question = (
        "from billing.models import AuditEntry; print(AuditEntry.objects.filter(verb='token.save').count())"
    )
    return int(portal.manage("shell", "-v0", "-c", question).split()[-1])
