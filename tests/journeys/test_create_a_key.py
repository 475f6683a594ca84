"""Create, copy and revoke a portal key; deactivate a person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.conftest import EXAMPLE, Caller
from tests.plugins.chromium import watched_page
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]

KEY = re.compile(r"abp_\w{8}_\w{40}")


@pytest.fixture
def new_key(portal: Portal, sign_in: SignIn, page: Page) -> Page:
    """Return alice's page, which shows her new key."""
    sign_in(page, "alice")
    page.goto(f"{portal.url}/account/")
    page.get_by_role("main").get_by_role("link", name="My portal keys").click()
    page.get_by_label("Name").fill("ERP import")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("heading", name="The key “ERP import” was created").wait_for()
    return page


def shown(page: Page) -> str:
    found = KEY.search(page.content())
    assert found is not None
    return found[0]


def test_new_key_can_be_copied_and_works(portal: Portal, new_key: Page, axe: Axe) -> None:
    new_key.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert axe(new_key) == []
    new_key.get_by_role("button", name="Copy the key").click()
    expect(new_key.locator("#announcer")).to_have_text("Copied")

    copied = new_key.evaluate("navigator.clipboard.readText()")

    assert copied == shown(new_key)
    assert Caller(portal.url, copied).get(EXAMPLE).status_code == 200


def test_back_and_forward_do_not_show_the_key_again(new_key: Page) -> None:
    key = shown(new_key)
    new_key.get_by_role("link", name="Done").click()
    new_key.get_by_role("heading", name="My portal keys").wait_for()
    assert key not in new_key.content()
    count = new_key.get_by_role("row").count()

    new_key.go_back()
    assert key not in new_key.content()
    new_key.go_forward()
    assert key not in new_key.content()
    assert new_key.get_by_role("row").count() == count


def test_reload_creates_no_second_key(new_key: Page) -> None:
    key = shown(new_key)
    new_key.reload()  # sends the form again, like a person who confirms that

    expect(new_key.get_by_text("This form was sent twice")).to_be_visible()
    assert key not in new_key.content()


def test_key_can_be_revoked_with_the_keyboard(portal: Portal, new_key: Page) -> None:
    key = shown(new_key)
    new_key.get_by_role("link", name="Done").press("Enter")
    new_key.get_by_role("row").filter(has_text=key[:12]).get_by_role("link", name="Revoke").press("Enter")
    new_key.get_by_role("button", name="Revoke key").press("Enter")

    expect(new_key.get_by_text("The key “ERP import” was revoked and no longer works.")).to_be_visible()
    assert Caller(portal.url, key).get(EXAMPLE).status_code == 401


def test_administrator_deactivates_and_reactivates_a_person(
    portal: Portal, browser: Browser, sign_in: SignIn, page: Page, axe: Axe
) -> None:
    portal.staff("ada", "admin")
    portal.staff("dora", "viewer")
    sign_in(page, "ada")
    with watched_page(browser) as hers:
        sign_in(hers, "dora")
        page.get_by_role("link", name="People").click()
        page.get_by_label("Name or email").fill("DORA")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="dora", exact=True).click()
        page.get_by_role("link", name="Deactivate").click()
        assert axe(page) == []
        page.get_by_label("Reason").fill("Left the company")
        page.get_by_role("button", name="Deactivate").click()
        page.get_by_text("dora is deactivated.").wait_for()

        hers.goto(f"{portal.url}/workspaces/")
        expect(hers.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_role("link", name="Reactivate").click()
    page.get_by_label("Reason").fill("Came back")
    page.get_by_role("button", name="Reactivate").click()
    expect(page.get_by_text("dora is reactivated and can sign in again.")).to_be_visible()
