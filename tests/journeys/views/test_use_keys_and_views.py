"""Use single keys and their help, go through a queue, save a view, and mark a favorite."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal

SignIn = Callable[[Page, str], None]
Axe = Callable[..., list[str]]


def open_queue(page: Page, portal: Portal, query: str = "") -> list[str]:
    """Open the queue of all accounts after its scan, and return the addresses of its accounts."""
    page.goto(f"{portal.url}/queues/{query}")
    expect(page.get_by_text("All accounts you can access have been read")).to_have_count(0)
    expect(page.locator(".scan-bar")).to_have_count(0, timeout=60_000)
    links = page.locator(".row-main a")
    expect(links.first).to_be_visible()
    return [str(link.get_attribute("href")) for link in links.all()]


def test_question_mark_shows_the_keys(portal: Portal, sign_in: SignIn, page: Page, axe: Axe) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.get_by_role("link", name="Reload subscriptions").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Reload subscriptions")).to_be_focused()


def test_keys_are_typed_in_fields_and_can_be_turned_off(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.keyboard.press("/")
    page.keyboard.type("j?k/")
    expect(page.get_by_role("combobox")).to_have_value("j?k/")
    expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_label("Use the keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.keyboard.press("/")

    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    expect(page.get_by_role("combobox")).not_to_be_focused()
    page.locator("details.person > summary").click()
    page.get_by_role("link", name="Keyboard").click()
    expect(page.get_by_label("Use the keys")).not_to_be_checked()


def test_keys_go_through_a_queue(portal: Portal, sign_in: SignIn, page: Page, axe: Axe) -> None:
    sign_in(page, "carol")
    first, second, *_ = open_queue(page, portal, "?sort=-name")
    page.locator(".row-main a").first.click()
    expect(page.locator(".neighbors")).to_contain_text("All accounts: 1 of")
    assert axe(page) == []
    page.keyboard.press("j")
    page.wait_for_url(f"{portal.url}{second}")
    expect(page.locator(".neighbors")).to_contain_text("All accounts: 2 of")
    page.keyboard.press("k")

    page.wait_for_url(f"{portal.url}{first}")


def test_view_is_saved_and_opened_from_the_menu(
    portal: Portal, sign_in: SignIn, page: Page, axe: Axe
) -> None:
    sign_in(page, "carol")
    open_queue(page, portal, "?sort=-name")
    page.locator(".save-view > summary").click()
    assert axe(page) == []
    page.get_by_label("Name of the view").fill("By name, backwards")
    page.keyboard.press("Enter")
    expect(page.get_by_text("View “By name, backwards” saved.")).to_be_visible()
    page.goto(f"{portal.url}/account/")
    page.locator("details.views > summary").click()
    page.get_by_role("link", name="By name, backwards").click()

    page.wait_for_url(f"{portal.url}/queues/?sort=-name")


def test_star_keeps_the_focus(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}")
    star = page.get_by_role("button", name="Favorite")
    for pressed in ("true", "false"):
        star.press("Enter")
        expect(star).to_have_attribute("aria-pressed", pressed)
        expect(star).to_be_focused()
