"""Find an account with the search box of every page and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal, Sandbox

SignIn = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]


@pytest.fixture
def box(portal: Portal, sign_in: SignIn, page: Page) -> Page:
    """Return the home page, with alice signed in."""
    sign_in(page, "alice")
    page.goto(portal.url)
    return page


def read_accounts(page: Page, portal: Portal) -> None:
    """Wait until the scan of all accounts has finished, so that suggestions appear immediately."""
    page.goto(f"{portal.url}/scans/directory/")
    page.wait_for_url(f"{portal.url}/search/")


def test_keyboard_finds_and_opens_an_account(box: Page, portal: Portal) -> None:
    field = box.get_by_role("combobox", name="Search accounts and workspaces")
    box.keyboard.press("/")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "false")
    box.keyboard.type("acme corp billing")
    option = box.get_by_role("option", name=re.compile("^ACME Corp Billing"))
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    box.keyboard.press("ArrowDown")

    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    assert field.get_attribute("aria-controls") == box.get_by_role("listbox").get_attribute("id")
    box.keyboard.press("Enter")
    box.wait_for_url(f"{portal.url}{DOCUMENTED}")


def test_escape_closes_the_list_and_then_clears_the_box(box: Page) -> None:
    field = box.get_by_role("combobox")
    field.fill("acme")
    expect(box.get_by_role("listbox")).to_be_visible()
    box.keyboard.press("Escape")
    expect(box.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("acme")
    expect(field).to_have_attribute("aria-expanded", "false")
    box.keyboard.press("Escape")

    expect(field).to_have_value("")


def test_arrow_keys_cycle_through_list_and_box(box: Page) -> None:
    field = box.get_by_role("combobox")
    field.fill("acme")
    expect(box.get_by_role("option").first).to_be_visible()
    box.keyboard.press("ArrowUp")
    expect(box.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    box.keyboard.press("ArrowDown")

    expect(box.locator("[aria-selected=true]")).to_have_count(0)
    assert field.get_attribute("aria-activedescendant") is None
    expect(field).to_be_focused()


def test_selection_stays_on_its_account_when_the_list_changes(box: Page, portal: Portal) -> None:
    routes = []

    def find_one_and_then_more(route: Route) -> None:
        routes.append(route)
        found = route.fetch(post_data="q=acme+europe" if len(routes) == 1 else "q=acme")
        again = 'data-repeat-after="1500"' if len(routes) == 1 else ""
        route.fulfill(response=found, body=found.text().replace("<div", f"<div {again}", 1))

    read_accounts(box, portal)
    box.route("**/search/suggestions/", find_one_and_then_more)
    box.get_by_role("combobox").fill("acme")
    expect(box.get_by_role("option")).to_have_count(2)
    box.keyboard.press("ArrowDown")
    chosen = box.locator("[aria-selected=true]")
    expect(chosen).to_contain_text("ACME Europe GmbH")
    expect(box.get_by_role("option").nth(3)).to_be_visible()

    expect(chosen).to_contain_text("ACME Europe GmbH")
    assert box.get_by_role("option").first.get_attribute("aria-selected") == "false"
    box.keyboard.press("Enter")
    expect(box.get_by_role("heading", level=1)).to_have_text("ACME Europe GmbH")


def test_result_of_another_text_is_not_opened(box: Page, portal: Portal) -> None:
    read_accounts(box, portal)
    box.get_by_role("combobox").fill("acme")
    expect(box.get_by_role("option").nth(3)).to_be_visible()
    box.route("**/search/suggestions/", lambda route: None)  # no response
    box.keyboard.type(" europe")
    box.keyboard.press("ArrowDown")
    box.keyboard.press("Enter")

    expect(box.get_by_role("heading", level=1)).to_have_text("Results for “acme europe”")


def test_slow_answer_shows_a_progress_bar(box: Page, axe: Axe) -> None:
    box.route("**/search/suggestions/", lambda route: None)
    box.get_by_role("combobox").fill("acme")

    expect(box.get_by_role("progressbar", name="Searching")).to_be_visible()
    assert axe(box) == []


def test_search_continues_when_altostrat_is_available_again(
    box: Page, portal: Portal, sandbox: Sandbox
) -> None:
    portal.manage("shell", "-c", "from billing.models import Scan; Scan.objects.all().delete()")
    sandbox.fault("status:503", "/workspaces$", times=None)
    try:
        box.get_by_role("combobox").fill("acme corp billing")
        expect(box.get_by_text(re.compile("Altostrat is unavailable. Retrying"))).to_be_visible()
    finally:
        sandbox.no_faults()

    expect(box.get_by_role("option", name=re.compile("^ACME Corp Billing"))).to_be_visible(timeout=30_000)


def test_tab_moves_from_the_open_list_to_the_next_element(box: Page, portal: Portal) -> None:
    read_accounts(box, portal)
    field = box.get_by_role("combobox")
    field.fill("a")
    expect(box.get_by_role("option").nth(8)).to_be_visible()
    box.keyboard.press("Tab")

    expect(box.get_by_role("listbox")).to_be_hidden()
    expect(field).not_to_be_focused()
    assert box.evaluate("document.activeElement.matches('a, button, summary')")


def test_enter_searches_and_the_url_does_not_reveal_the_text(box: Page, portal: Portal) -> None:
    field = box.get_by_role("combobox")
    field.fill("rechnungen@acme-europe.example")
    box.keyboard.press("Enter")
    expect(box.get_by_role("heading", level=1)).to_have_text("Results for “rechnungen@acme-europe.example”")
    expect(box.get_by_role("link", name="ACME Europe GmbH")).to_be_visible(timeout=20_000)
    box.reload()
    expect(box.get_by_role("link", name="ACME Europe GmbH")).to_be_visible()

    assert "acme" not in box.url
    assert "rechnungen" not in portal.log


def test_slash_in_a_field_types_a_slash(box: Page, portal: Portal) -> None:
    box.goto(f"{portal.url}/tokens/")
    field = box.get_by_label("Altostrat token")
    field.press("/")

    expect(field).to_be_focused()
    expect(field).to_have_value("/")


def test_open_list_is_accessible(box: Page, portal: Portal, axe: Axe) -> None:
    read_accounts(box, portal)
    box.get_by_role("combobox").fill("acme")
    expect(box.get_by_role("option").first).to_be_visible()
    box.keyboard.press("ArrowDown")

    for theme in ("light", "dark"):
        box.emulate_media(color_scheme=theme)
        assert axe(box) == [], theme


def test_scan_of_accounts_shows_progress_and_can_be_stopped(
    box: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    read_accounts(box, portal)
    sandbox.fault("delay:0.4", "/subscriptions", times=None)
    try:
        portal.manage(
            "shell", "-c", "from billing.models import Scan; Scan.objects.filter(kind='facts').delete()"
        )
        box.goto(f"{portal.url}/search/?q=sub_nowhere_at_all")
        progress = box.get_by_role("progressbar", name="Reading accounts")
        expect(progress).to_be_visible()
        expect(progress).not_to_have_attribute("value", "0", timeout=20_000)
        assert axe(box) == []
        box.get_by_role("button", name="Stop").click()
        expect(box.get_by_text("Stopped. Results so far are kept.")).to_be_visible(timeout=20_000)
        assert axe(box) == []
    finally:
        sandbox.no_faults()
    box.get_by_role("button", name="Continue").click()

    expect(box.get_by_text("No workspace, account or invoice has this name")).to_be_visible(timeout=60_000)
    assert axe(box) == []


def test_home_page_counts_the_queues_automatically(
    page: Page, portal: Portal, sandbox: Sandbox, sign_in: SignIn, axe: Axe
) -> None:
    portal.manage("shell", "-c", "from billing.models import Scan; Scan.objects.all().delete()")
    queues = page.get_by_role("region", name="Work queues")
    sandbox.fault(
        "delay:0.5", "/subscriptions$", times=None
    )  # otherwise it finishes before it can be stopped
    try:
        sign_in(page, "alice")
        page.goto(portal.url)
        expect(queues.get_by_role("progressbar")).to_be_visible()
        queues.get_by_role("button", name="Stop").click()
        expect(queues.get_by_text("Stopped. Results so far are kept.")).to_be_visible(timeout=20_000)
    finally:
        sandbox.no_faults()
    assert axe(page) == []
    page.reload()
    queues.get_by_role("button", name="Continue").click()

    expect(queues.locator(".queue-counts")).to_contain_text("Past due", timeout=60_000)
    expect(queues.get_by_role("progressbar")).to_have_count(0, timeout=60_000)
    expect(queues.get_by_text("As of")).to_be_visible()
    assert axe(page) == []
