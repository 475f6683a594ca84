"""Sessions expire and are renewed while forms are open in several windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.plugins.chromium import watched_page
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = pytest.mark.slow(pieces=3)

Axe = Callable[[Page], list[str]]

# Sessions expire after 18 seconds, with a warning six seconds before.
IDLE_SECONDS = 18
SOON = 30_000

ENDING = "You will be signed out soon"
OVER = "You are signed out"


@pytest.fixture(scope="module")
def hasty(sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Yield a portal where sessions expire soon."""
    short = {"SESSION_IDLE_MINUTES": f"{IDLE_SECONDS / 60}"}
    with running_portal(tmp_path_factory.mktemp("hasty"), sandbox.url, **short) as running:
        running.staff("alice", "editor")
        running.staff("bob", "viewer")
        yield running


def sign_in(page: Page, portal: Portal, name: str) -> None:
    """Fill in the sign-in form of the page."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(portal.passwords[name])
    page.get_by_role("button", name="Sign in").click()


def opened(context: BrowserContext, portal: Portal, path: str) -> Page:
    """Open the page in another window."""
    page = context.new_page()
    page.goto(f"{portal.url}{path}")
    return page


def end_sessions(portal: Portal) -> None:
    """End all sessions, as an administrator can."""
    _update_sessions(portal, "ended_at=timezone.now()", "ended_at=None")


def age_sign_in(portal: Portal, name: str) -> None:
    """Move the person's sign-in into the past, so that a change needs another one."""
    _update_sessions(portal, "signed_in_at=timezone.now() - timedelta(hours=1)", f"user__username={name!r}")


def _update_sessions(portal: Portal, values: str, which: str) -> None:
    portal.manage(
        "shell",
        "-c",
        "from datetime import timedelta; from billing.models import UserSession; from django.utils import timezone;"
        f"UserSession.objects.filter({which}).update({values})",
    )


@pytest.fixture
def forms(hasty: Portal, page: Page) -> list[Page]:
    """Return alice's two windows, each with an incomplete form for a token."""
    page.goto(f"{hasty.url}/accounts/sign-in/")
    sign_in(page, hasty, "alice")
    page.wait_for_url(f"{hasty.url}/")
    pages = [opened(page.context, hasty, "/tokens/") for _ in range(2)]
    for number, form in enumerate(pages):
        form.get_by_label("Label").fill(f"Kept {number}")
        form.get_by_label("Altostrat token").fill(FINANCE)
    return pages


def wait_for_dialog(page: Page, text: str) -> None:
    """Wait for the dialog with this heading."""
    expect(page.get_by_role("dialog", name=text)).to_be_visible(timeout=SOON)


def no_dialog(page: Page) -> None:
    """Wait until no dialog is open."""
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=SOON)


def sign_in_again(page: Page, portal: Portal, name: str) -> None:
    """Sign in in the window that the dialog opens."""
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in again").click()
    sign_in(opening.value, portal, name)
    expect(opening.value.get_by_role("heading", level=1)).to_have_text("You are signed in again")


def test_warning_states_the_time_and_can_extend_the_session(forms: list[Page], hasty: Portal) -> None:
    first, second = forms
    wait_for_dialog(first, ENDING)
    wait_for_dialog(second, ENDING)

    expect(first.get_by_role("dialog")).to_contain_text(re.compile(r"ends at \d\d:\d\d, in \d+ seconds"))
    expect(first.get_by_role("button", name="Stay signed in")).to_be_focused()
    first.get_by_role("button", name="Stay signed in").click()
    no_dialog(first)
    no_dialog(second)
    expect(first.get_by_label("Altostrat token")).to_have_value(FINANCE)


def test_warning_is_accessible(forms: list[Page], axe: Axe) -> None:
    wait_for_dialog(forms[0], ENDING)

    assert axe(forms[0]) == []


def test_work_in_another_window_prevents_the_warning(forms: list[Page], hasty: Portal) -> None:
    first, second = forms
    for _ in range(4):
        second.wait_for_timeout(IDLE_SECONDS * 1000 / 3)
        second.evaluate("fetch('/tokens/')")
        expect(first.get_by_role("dialog")).to_have_count(0)


def test_forms_in_two_windows_survive_the_end_of_the_session(
    forms: list[Page], hasty: Portal, axe: Axe
) -> None:
    first, second = forms
    wait_for_dialog(first, OVER)
    wait_for_dialog(second, OVER)
    assert axe(first) == []
    first.keyboard.press("Escape")
    first.keyboard.press("Escape")
    wait_for_dialog(first, OVER)

    sign_in_again(first, hasty, "alice")
    for number, form in enumerate(forms):
        no_dialog(form)
        expect(form.get_by_label("Label")).to_have_value(f"Kept {number}")
        form.get_by_role("button", name="Store and verify").click()
        expect(form.get_by_role("heading", name=f"Kept {number}")).to_be_visible()


def test_form_submitted_after_the_end_waits(forms: list[Page], hasty: Portal) -> None:
    form = forms[0]
    end_sessions(hasty)
    form.get_by_role("button", name="Store and verify").click()
    wait_for_dialog(form, OVER)

    assert form.url == f"{hasty.url}/tokens/"
    sign_in_again(form, hasty, "alice")
    no_dialog(form)
    expect(form.get_by_role("button", name="Store and verify")).to_be_enabled()
    expect(form.get_by_label("Altostrat token")).to_have_value(FINANCE)


def test_another_person_sees_nothing_of_the_previous_one(forms: list[Page], hasty: Portal) -> None:
    end_sessions(hasty)
    forms[0].get_by_role("button", name="Store and verify").click()
    wait_for_dialog(forms[0], OVER)
    sign_in_again(forms[0], hasty, "bob")

    for form in forms:
        form.wait_for_url(f"{hasty.url}/", timeout=SOON)
        expect(form.get_by_role("heading", level=1)).to_have_text(
            re.compile("^Good (morning|afternoon|evening), bob$")
        )


def test_other_window_notices_the_sign_out(forms: list[Page], hasty: Portal) -> None:
    first, second = forms
    first.locator("details.person > summary").click()
    first.get_by_role("button", name="Sign out").click()
    expect(first.get_by_text("You have signed out.")).to_be_visible()

    wait_for_dialog(second, OVER)


def test_change_waits_for_the_password_and_is_sent_once(portal: Portal, page: Page, axe: Axe) -> None:
    portal.staff("rosa", "editor")
    page.goto(f"{portal.url}/accounts/sign-in/?next=/tokens/")
    sign_in(page, portal, "rosa")
    page.get_by_label("Altostrat token").fill(FINANCE)
    page.get_by_label("Label").fill("Once")
    age_sign_in(portal, "rosa")
    page.get_by_role("button", name="Store and verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm it's you")
    assert axe(page) == []

    page.get_by_label("Password", exact=True).fill(portal.passwords["rosa"])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("was stored. It can access")).to_be_visible()
    page.reload()
    page.go_back()
    page.go_back()

    page.goto(f"{portal.url}/tokens/")
    expect(page.locator("article.token")).to_have_count(1)


def test_change_continues_with_a_button_without_scripts(portal: Portal, browser: Browser) -> None:
    with watched_page(browser, java_script_enabled=False) as page:
        portal.staff("frank", "viewer", FINANCE)
        page.goto(f"{portal.url}/accounts/sign-in/?next=/tokens/")
        sign_in(page, portal, "frank")
        expect(page.get_by_role("heading", level=1)).to_have_text("My tokens")
        age_sign_in(portal, "frank")
        page.get_by_role("link", name="Delete").first.click()
        page.get_by_role("button", name="Delete token").click()
        page.get_by_label("Password", exact=True).fill(portal.passwords["frank"])
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()

        expect(page.get_by_text("was deleted from the portal")).to_be_visible()
