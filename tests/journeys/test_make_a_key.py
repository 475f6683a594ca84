"""A person makes a portal key, keeps it, and revokes it; an administrator shuts a person out."""

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
def made(portal: Portal, sign_in: SignIn, page: Page) -> Page:
    """alice, looking at the key that she has just made."""
    sign_in(page, "alice")
    page.goto(f"{portal.url}/account/")
    page.get_by_role("main").get_by_role("link", name="My portal keys").click()
    page.get_by_label("Name").fill("ERP import")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("heading", name="Copy the key “ERP import” now").wait_for()
    return page


def shown(page: Page) -> str:
    found = KEY.search(page.content())
    assert found is not None
    return found[0]


def test_the_key_is_copied_and_works(portal: Portal, made: Page, axe: Axe) -> None:
    made.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert axe(made) == []
    made.get_by_role("button", name="Copy the key").click()
    expect(made.locator("#announcer")).to_have_text("Copied")

    copied = made.evaluate("navigator.clipboard.readText()")

    assert copied == shown(made)
    assert Caller(portal.url, copied).get(EXAMPLE).status_code == 200


def test_the_way_back_and_forward_does_not_lead_to_the_key(made: Page) -> None:
    key = shown(made)
    made.get_by_role("link", name="I have kept it").click()
    made.get_by_role("heading", name="My portal keys").wait_for()
    assert key not in made.content()
    count = made.get_by_role("row").count()

    made.evaluate(
        "history.back()"
    )  # the browser asks before it sends a form again, and shows nothing meanwhile
    made.wait_for_timeout(1000)

    assert key not in made.content()
    made.goto(made.url)
    assert key not in made.content()
    assert made.get_by_role("row").count() == count


def test_loading_the_page_again_makes_no_second_key(made: Page) -> None:
    key = shown(made)
    made.reload()  # sends the form again, as a person does who says yes to the browser's question

    expect(made.get_by_text("This form was sent twice.")).to_be_visible()
    assert key not in made.content()


def test_a_key_is_revoked_with_the_keyboard(portal: Portal, made: Page) -> None:
    key = shown(made)
    made.get_by_role("link", name="I have kept it").press("Enter")
    made.get_by_role("row").filter(has_text=key[:12]).get_by_role("link", name="Revoke").press("Enter")
    made.get_by_role("button", name="Revoke this key").press("Enter")

    expect(made.get_by_text("The key “ERP import” is revoked.")).to_be_visible()
    assert Caller(portal.url, key).get(EXAMPLE).status_code == 401


def test_an_administrator_shuts_somebody_out_and_lets_them_in(
    portal: Portal, browser: Browser, sign_in: SignIn, page: Page, axe: Axe
) -> None:
    portal.staff("ada", "admin")
    portal.staff("dora", "viewer")
    sign_in(page, "ada")
    with watched_page(browser) as hers:
        sign_in(hers, "dora")
        page.get_by_role("link", name="People").click()
        page.get_by_label("Name or e-mail").fill("DORA")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="dora", exact=True).click()
        page.get_by_role("link", name="Deactivate").click()
        assert axe(page) == []
        page.get_by_role("button", name="Deactivate").click()
        page.get_by_text("dora is deactivated.").wait_for()

        hers.goto(f"{portal.url}/workspaces/")
        expect(hers.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_role("link", name="Activate").click()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("dora may come in again.")).to_be_visible()
